using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class RolloutStrategies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "from_replicas",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "to_replicas",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "from_replicas",
                table: "rollout_steps");

            migrationBuilder.DropColumn(
                name: "to_replicas",
                table: "rollout_steps");

            migrationBuilder.AddColumn<bool>(
                name: "forced",
                table: "rollouts",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "from_share",
                table: "rollouts",
                type: "INTEGER",
                nullable: true,
                comment: "In 1/10,000");

            migrationBuilder.AddColumn<Guid>(
                name: "kept_revision_id",
                table: "rollouts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "paused_in",
                table: "rollouts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "paused_reason",
                table: "rollouts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_share",
                table: "rollouts",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "window",
                table: "rollouts",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "window_at",
                table: "rollouts",
                type: "INTEGER",
                nullable: false,
                defaultValue: 621355968000000000L);

            migrationBuilder.AddColumn<string>(
                name: "by",
                table: "rollout_steps",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "evidence",
                table: "rollout_steps",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "from_share",
                table: "rollout_steps",
                type: "INTEGER",
                nullable: true,
                comment: "In 1/10,000");

            migrationBuilder.AddColumn<int>(
                name: "to_share",
                table: "rollout_steps",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "rollout_windows",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    rollout_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    from = table.Column<long>(type: "INTEGER", nullable: false),
                    to = table.Column<long>(type: "INTEGER", nullable: false),
                    candidate = table.Column<string>(type: "TEXT", nullable: false),
                    previous = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_rollout_windows", x => x.id);
                    table.ForeignKey(
                        name: "FK_rollout_windows_rollouts_rollout_id",
                        column: x => x.rollout_id,
                        principalTable: "rollouts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_rollout_windows_rollout_id_number",
                table: "rollout_windows",
                columns: new[] { "rollout_id", "number" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "rollout_windows");

            migrationBuilder.DropColumn(
                name: "forced",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "from_share",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "kept_revision_id",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "paused_in",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "paused_reason",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "to_share",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "window",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "window_at",
                table: "rollouts");

            migrationBuilder.DropColumn(
                name: "by",
                table: "rollout_steps");

            migrationBuilder.DropColumn(
                name: "evidence",
                table: "rollout_steps");

            migrationBuilder.DropColumn(
                name: "from_share",
                table: "rollout_steps");

            migrationBuilder.DropColumn(
                name: "to_share",
                table: "rollout_steps");

            migrationBuilder.AddColumn<int>(
                name: "from_replicas",
                table: "rollouts",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_replicas",
                table: "rollouts",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "from_replicas",
                table: "rollout_steps",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_replicas",
                table: "rollout_steps",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);
        }
    }
}
