using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Environments : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_environments_project_id_name",
                table: "environments");

            migrationBuilder.AddColumn<bool>(
                name: "approval",
                table: "environments",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "deleted_at",
                table: "environments",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "edit",
                table: "environments",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "max_replicas",
                table: "environments",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "min_replicas",
                table: "environments",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "promotion",
                table: "environments",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "requires_stage",
                table: "environments",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "reviewers",
                table: "environments",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "updated_at",
                table: "environments",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_environments_project_id_name",
                table: "environments",
                columns: new[] { "project_id", "name" },
                unique: true,
                filter: "deleted_at IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_environments_project_id_name",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "approval",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "deleted_at",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "edit",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "max_replicas",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "min_replicas",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "promotion",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "requires_stage",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "reviewers",
                table: "environments");

            migrationBuilder.DropColumn(
                name: "updated_at",
                table: "environments");

            migrationBuilder.CreateIndex(
                name: "IX_environments_project_id_name",
                table: "environments",
                columns: new[] { "project_id", "name" },
                unique: true);
        }
    }
}
