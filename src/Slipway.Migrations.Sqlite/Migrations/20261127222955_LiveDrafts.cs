using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class LiveDrafts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "mode",
                table: "deployments",
                type: "TEXT",
                maxLength: 16,
                nullable: false,
                defaultValue: "Standard");

            migrationBuilder.CreateTable(
                name: "live_drafts",
                columns: table => new
                {
                    deployment_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    revision_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    base_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    running_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    loaded_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    outcome = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    kept_state = table.Column<bool>(type: "INTEGER", nullable: true),
                    error_code = table.Column<string>(type: "TEXT", nullable: true),
                    error_message = table.Column<string>(type: "TEXT", nullable: true),
                    traceback = table.Column<string>(type: "TEXT", nullable: true),
                    last_changed = table.Column<string>(type: "TEXT", nullable: false),
                    patched_at = table.Column<long>(type: "INTEGER", nullable: false),
                    patched_by = table.Column<string>(type: "TEXT", nullable: false),
                    applied_ms = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_live_drafts", x => x.deployment_id);
                    table.ForeignKey(
                        name: "FK_live_drafts_deployments_deployment_id",
                        column: x => x.deployment_id,
                        principalTable: "deployments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "package_drafts",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    model = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_drafts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "package_draft_files",
                columns: table => new
                {
                    draft_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    path = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false),
                    size_bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_draft_files", x => new { x.draft_id, x.path });
                    table.ForeignKey(
                        name: "FK_package_draft_files_package_drafts_draft_id",
                        column: x => x.draft_id,
                        principalTable: "package_drafts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_package_draft_files_sha256",
                table: "package_draft_files",
                column: "sha256");

            migrationBuilder.CreateIndex(
                name: "IX_package_drafts_digest",
                table: "package_drafts",
                column: "digest");

            migrationBuilder.CreateIndex(
                name: "IX_package_drafts_owner_id_digest",
                table: "package_drafts",
                columns: new[] { "owner_id", "digest" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "live_drafts");

            migrationBuilder.DropTable(
                name: "package_draft_files");

            migrationBuilder.DropTable(
                name: "package_drafts");

            migrationBuilder.DropColumn(
                name: "mode",
                table: "deployments");
        }
    }
}
