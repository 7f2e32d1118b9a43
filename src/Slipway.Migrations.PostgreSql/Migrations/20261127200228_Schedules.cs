using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Schedules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "job_packages",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    schedule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    digest = table.Column<string>(type: "text", nullable: false),
                    size_bytes = table.Column<long>(type: "bigint", nullable: false),
                    command_json = table.Column<string>(type: "text", nullable: false),
                    base_image = table.Column<string>(type: "text", nullable: false),
                    requirements_json = table.Column<string>(type: "text", nullable: false),
                    warnings_json = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    @lock = table.Column<string>(name: "lock", type: "text", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_job_packages", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "schedules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    project_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    experiment = table.Column<string>(type: "text", nullable: false),
                    cron = table.Column<string>(type: "text", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    next_due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    grace = table.Column<long>(type: "bigint", nullable: false),
                    package_id = table.Column<Guid>(type: "uuid", nullable: false),
                    parameters_json = table.Column<string>(type: "text", nullable: false),
                    variables_json = table.Column<string>(type: "text", nullable: false),
                    timeout = table.Column<long>(type: "bigint", nullable: false),
                    cpu_cores = table.Column<double>(type: "double precision", nullable: false),
                    memory_mib = table.Column<int>(type: "integer", nullable: false),
                    user_id = table.Column<int>(type: "integer", nullable: false),
                    last_number = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    edit = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_schedules", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_package_files",
                columns: table => new
                {
                    package_id = table.Column<Guid>(type: "uuid", nullable: false),
                    path = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false),
                    size_bytes = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_job_package_files", x => new { x.package_id, x.path });
                    table.ForeignKey(
                        name: "FK_job_package_files_blobs_sha256",
                        column: x => x.sha256,
                        principalTable: "blobs",
                        principalColumn: "sha256",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_job_package_files_job_packages_package_id",
                        column: x => x.package_id,
                        principalTable: "job_packages",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "schedule_executions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    schedule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    started_by = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true),
                    package_id = table.Column<Guid>(type: "uuid", nullable: true),
                    experiment = table.Column<string>(type: "text", nullable: false),
                    parameters_json = table.Column<string>(type: "text", nullable: false),
                    variables_json = table.Column<string>(type: "text", nullable: false),
                    timeout = table.Column<long>(type: "bigint", nullable: false),
                    cpu_cores = table.Column<double>(type: "double precision", nullable: false),
                    memory_mib = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    folder = table.Column<string>(type: "text", nullable: true),
                    pid = table.Column<int>(type: "integer", nullable: true),
                    start_time_ticks = table.Column<long>(type: "bigint", nullable: true),
                    user_id = table.Column<int>(type: "integer", nullable: true),
                    key_id = table.Column<Guid>(type: "uuid", nullable: true),
                    run_id = table.Column<string>(type: "text", nullable: true),
                    experiment_id = table.Column<string>(type: "text", nullable: true),
                    stop_reason = table.Column<string>(type: "text", nullable: true),
                    stopped_by = table.Column<string>(type: "text", nullable: true),
                    stopping_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    exit_code = table.Column<int>(type: "integer", nullable: true),
                    exit_signal = table.Column<int>(type: "integer", nullable: true),
                    cpu_seconds = table.Column<double>(type: "double precision", nullable: true),
                    peak_memory_bytes = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_schedule_executions", x => x.id);
                    table.ForeignKey(
                        name: "FK_schedule_executions_schedules_schedule_id",
                        column: x => x.schedule_id,
                        principalTable: "schedules",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_job_package_files_sha256",
                table: "job_package_files",
                column: "sha256");

            migrationBuilder.CreateIndex(
                name: "IX_job_packages_schedule_id",
                table: "job_packages",
                column: "schedule_id");

            migrationBuilder.CreateIndex(
                name: "IX_job_packages_status",
                table: "job_packages",
                column: "status");

            migrationBuilder.CreateIndex(
                name: "IX_schedule_executions_finished_at",
                table: "schedule_executions",
                column: "finished_at");

            migrationBuilder.CreateIndex(
                name: "IX_schedule_executions_schedule_id_due_at",
                table: "schedule_executions",
                columns: new[] { "schedule_id", "due_at" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_schedule_executions_schedule_id_number",
                table: "schedule_executions",
                columns: new[] { "schedule_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_schedules_next_due_at",
                table: "schedules",
                column: "next_due_at");

            migrationBuilder.CreateIndex(
                name: "IX_schedules_project_id_name",
                table: "schedules",
                columns: new[] { "project_id", "name" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "job_package_files");

            migrationBuilder.DropTable(
                name: "schedule_executions");

            migrationBuilder.DropTable(
                name: "job_packages");

            migrationBuilder.DropTable(
                name: "schedules");
        }
    }
}
