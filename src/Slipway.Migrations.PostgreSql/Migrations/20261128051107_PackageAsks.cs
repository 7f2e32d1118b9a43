using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class PackageAsks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "package_cpu_cores",
                table: "variants",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "package_memory_mib",
                table: "variants",
                type: "integer",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "package_cpu_cores",
                table: "variants");

            migrationBuilder.DropColumn(
                name: "package_memory_mib",
                table: "variants");
        }
    }
}
