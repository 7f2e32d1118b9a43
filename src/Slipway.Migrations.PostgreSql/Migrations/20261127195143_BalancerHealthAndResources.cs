using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
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
                type: "text",
                nullable: false,
                defaultValue: "{\"gpu_count\":0}");

            migrationBuilder.AddColumn<string>(
                name: "gpus",
                table: "replicas",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "balancer",
                table: "deployments",
                type: "text",
                nullable: false,
                defaultValue: "{\"enabled\":true,\"sticky\":\"None\",\"ejection_failures\":5,\"ejection_time\":\"00:00:30\",\"max_ejected_percent\":50}");

            migrationBuilder.AddColumn<string>(
                name: "health",
                table: "deployments",
                type: "text",
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
