using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Rebuilds : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_package_builds_version_id_base_image",
                table: "package_builds");

            migrationBuilder.AddColumn<int>(
                name: "build_number",
                table: "variants",
                type: "integer",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddColumn<int>(
                name: "number",
                table: "package_builds",
                type: "integer",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.CreateIndex(
                name: "IX_package_builds_version_id_base_image_number",
                table: "package_builds",
                columns: new[] { "version_id", "base_image", "number" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_package_builds_version_id_base_image_number",
                table: "package_builds");

            migrationBuilder.DropColumn(
                name: "build_number",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "number",
                table: "package_builds");

            migrationBuilder.CreateIndex(
                name: "IX_package_builds_version_id_base_image",
                table: "package_builds",
                columns: new[] { "version_id", "base_image" },
                unique: true);
        }
    }
}
