using Microsoft.EntityFrameworkCore.Design;
using Slipway.Server.Platform;

return;

internal sealed class SqliteFactory : IDesignTimeDbContextFactory<SqliteSlipwayDbContext>
{
    public SqliteSlipwayDbContext CreateDbContext(string[] args) => (SqliteSlipwayDbContext)new SqliteDatabase("design-time.db").Open();
}

internal sealed class PostgreSqlFactory : IDesignTimeDbContextFactory<PostgreSqlSlipwayDbContext>
{
    public PostgreSqlSlipwayDbContext CreateDbContext(string[] args) => (PostgreSqlSlipwayDbContext)new PostgreSqlDatabase("Host=127.0.0.1").Open();
}
