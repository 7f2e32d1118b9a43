using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
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
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "from_share",
                table: "rollouts",
                type: "integer",
                nullable: true,
                comment: "In 1/10,000");

            migrationBuilder.AddColumn<Guid>(
                name: "kept_revision_id",
                table: "rollouts",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "paused_in",
                table: "rollouts",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "paused_reason",
                table: "rollouts",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_share",
                table: "rollouts",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "window",
                table: "rollouts",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "window_at",
                table: "rollouts",
                type: "timestamp with time zone",
                nullable: false,
                defaultValue: new DateTimeOffset(new DateTime(1970, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)));

            migrationBuilder.AddColumn<string>(
                name: "by",
                table: "rollout_steps",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "evidence",
                table: "rollout_steps",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "from_share",
                table: "rollout_steps",
                type: "integer",
                nullable: true,
                comment: "In 1/10,000");

            migrationBuilder.AddColumn<int>(
                name: "to_share",
                table: "rollout_steps",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "rollout_windows",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rollout_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    candidate = table.Column<string>(type: "text", nullable: false),
                    previous = table.Column<string>(type: "text", nullable: false)
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
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_replicas",
                table: "rollouts",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "from_replicas",
                table: "rollout_steps",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "to_replicas",
                table: "rollout_steps",
                type: "integer",
                nullable: false,
                defaultValue: 0);
        }
    }
}
