using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class ManyVariants : Migration
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

            migrationBuilder.AddColumn<string>(
                name: "fallback",
                table: "variants",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "position",
                table: "variants",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "retries",
                table: "variants",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "key_scopes",
                table: "transitions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "secrets_digest",
                table: "replica_sets",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "number",
                table: "package_builds",
                type: "integer",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddColumn<string>(
                name: "variables_json",
                table: "job_packages",
                type: "text",
                nullable: false,
                defaultValue: "{}");

            migrationBuilder.AddColumn<string>(
                name: "following",
                table: "deployments",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "mode",
                table: "deployments",
                type: "character varying(16)",
                maxLength: 16,
                nullable: false,
                defaultValue: "Standard");

            migrationBuilder.AddColumn<string>(
                name: "key_scopes",
                table: "alias_moves",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "live_drafts",
                columns: table => new
                {
                    deployment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    revision_id = table.Column<Guid>(type: "uuid", nullable: false),
                    base_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    running_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    loaded_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    outcome = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    kept_state = table.Column<bool>(type: "boolean", nullable: true),
                    error_code = table.Column<string>(type: "text", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true),
                    traceback = table.Column<string>(type: "text", nullable: true),
                    last_changed = table.Column<string>(type: "text", nullable: false),
                    patched_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    patched_by = table.Column<string>(type: "text", nullable: false),
                    applied_ms = table.Column<double>(type: "double precision", nullable: true)
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_drafts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "run_metric_batches",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    run_number = table.Column<long>(type: "bigint", nullable: false),
                    packed = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_run_metric_batches", x => x.id);
                    table.ForeignKey(
                        name: "FK_run_metric_batches_runs_run_number",
                        column: x => x.run_number,
                        principalTable: "runs",
                        principalColumn: "number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "secrets",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    environment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    value = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_by_id = table.Column<Guid>(type: "uuid", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    updated_by = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_secrets", x => x.id);
                    table.ForeignKey(
                        name: "FK_secrets_environments_environment_id",
                        column: x => x.environment_id,
                        principalTable: "environments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "package_draft_files",
                columns: table => new
                {
                    draft_id = table.Column<Guid>(type: "uuid", nullable: false),
                    path = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false),
                    size_bytes = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false)
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
                name: "IX_package_builds_version_id_base_image_number",
                table: "package_builds",
                columns: new[] { "version_id", "base_image", "number" },
                unique: true);

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

            migrationBuilder.CreateIndex(
                name: "IX_run_metric_batches_run_number",
                table: "run_metric_batches",
                column: "run_number");

            migrationBuilder.CreateIndex(
                name: "IX_secrets_environment_id_name",
                table: "secrets",
                columns: new[] { "environment_id", "name" },
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
                name: "run_metric_batches");

            migrationBuilder.DropTable(
                name: "secrets");

            migrationBuilder.DropTable(
                name: "package_drafts");

            migrationBuilder.DropIndex(
                name: "IX_package_builds_version_id_base_image_number",
                table: "package_builds");

            migrationBuilder.DropColumn(
                name: "build_number",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "fallback",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "position",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "retries",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "key_scopes",
                table: "transitions");

            migrationBuilder.DropColumn(
                name: "secrets_digest",
                table: "replica_sets");

            migrationBuilder.DropColumn(
                name: "number",
                table: "package_builds");

            migrationBuilder.DropColumn(
                name: "variables_json",
                table: "job_packages");

            migrationBuilder.DropColumn(
                name: "following",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "mode",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "key_scopes",
                table: "alias_moves");

            migrationBuilder.CreateIndex(
                name: "IX_package_builds_version_id_base_image",
                table: "package_builds",
                columns: new[] { "version_id", "base_image" },
                unique: true);
        }
    }
}
