using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class BalancerHealthAndResources : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "extra",
                table: "variants",
                type: "TEXT",
                nullable: false,
                defaultValue: "{\"gpu_count\":0}");

            migrationBuilder.AddColumn<string>(
                name: "gpus",
                table: "replicas",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "balancer",
                table: "deployments",
                type: "TEXT",
                nullable: false,
                defaultValue: "{\"enabled\":true,\"sticky\":\"None\",\"ejection_failures\":5,\"ejection_time\":\"00:00:30\",\"max_ejected_percent\":50}");

            migrationBuilder.AddColumn<string>(
                name: "health",
                table: "deployments",
                type: "TEXT",
                nullable: false,
                defaultValue: "{}");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "extra",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "gpus",
                table: "replicas");

            migrationBuilder.DropColumn(
                name: "balancer",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "health",
                table: "deployments");
        }
    }
}
