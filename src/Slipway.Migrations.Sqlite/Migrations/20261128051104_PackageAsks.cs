using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slipway.Migrations.Sqlite.Migrations
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
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "package_memory_mib",
                table: "variants",
                type: "INTEGER",
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
