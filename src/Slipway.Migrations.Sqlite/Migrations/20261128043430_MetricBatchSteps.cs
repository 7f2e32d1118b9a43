using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class MetricBatchSteps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_run_metric_batches_run_number",
                table: "run_metric_batches");

            migrationBuilder.AddColumn<long>(
                name: "first_step",
                table: "run_metric_batches",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "last_step",
                table: "run_metric_batches",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_run_metric_batches_run_number_first_step_id",
                table: "run_metric_batches",
                columns: new[] { "run_number", "first_step", "id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_run_metric_batches_run_number_first_step_id",
                table: "run_metric_batches");

            migrationBuilder.DropColumn(
                name: "first_step",
                table: "run_metric_batches");

            migrationBuilder.DropColumn(
                name: "last_step",
                table: "run_metric_batches");

            migrationBuilder.CreateIndex(
                name: "IX_run_metric_batches_run_number",
                table: "run_metric_batches",
                column: "run_number");
        }
    }
}
