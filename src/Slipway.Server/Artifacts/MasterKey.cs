using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>
/// The key that wraps all data keys: <c>SLIPWAY_MASTER_KEY</c> (base64 of 32 bytes), else the file <c>master.key</c> in the data folder, which the first start
/// makes. The database keeps a value that only the right key gives: with another key, or without the file, the server does not start and writes nothing.
/// </summary>
internal sealed class MasterKey(Database database, Writes writes, IOptions<ServerOptions> options, IConfiguration configuration) : IDisposable
{
    private const string Variable = "SLIPWAY_MASTER_KEY";
    private AesGcm? cipher;

    private AesGcm Cipher => cipher ?? throw new InvalidOperationException("The master key is not loaded.");

    /// <summary>Loads and checks the key; run once, after the database is ready and before anything is stored.</summary>
    /// <exception cref="MasterKeyException">There is no key, or not the one that this data folder was made with.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var check = (await db.Set<MasterKeyCheck>().SingleOrDefaultAsync(cancellationToken))?.Value;
        var key = FromEnvironment() ?? FromFile(mayCreate: check is null);
        var value = HMACSHA256.HashData(key, "slipway master key check v1"u8);
        if (check is null)
        {
            await writes.RunAsync(
                (unit, _) =>
                {
                    unit.Set<MasterKeyCheck>().Add(new MasterKeyCheck { Id = 1, Value = value });
                    return Task.FromResult(Result.Done);
                },
                cancellationToken);
        }
        else if (!CryptographicOperations.FixedTimeEquals(check, value))
        {
            throw new MasterKeyException(
                $"The master key is not the one that this data was encrypted with. Put the right key into {Variable} or the file master.key of the data folder. Nothing was changed.");
        }

        cipher = new AesGcm(key, BlobFormat.TagBytes);
    }

    public void Wrap(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> dataKey, Span<byte> wrapped, Span<byte> tag, ReadOnlySpan<byte> bound)
    {
        lock (Cipher)
        {
            Cipher.Encrypt(nonce, dataKey, wrapped, tag, bound);
        }
    }

    /// <exception cref="AuthenticationTagMismatchException">Not wrapped by this key, or damaged.</exception>
    public void Unwrap(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> tag, Span<byte> dataKey, ReadOnlySpan<byte> bound)
    {
        lock (Cipher)
        {
            Cipher.Decrypt(nonce, wrapped, tag, dataKey, bound);
        }
    }

    public void Dispose() => cipher?.Dispose();

    private byte[]? FromEnvironment() => configuration[Variable] is { Length: > 0 } text ? Parse(text, Variable) : null;

    private byte[] FromFile(bool mayCreate)
    {
        var folder = options.Value.DataFolder;
        var file = Path.Combine(folder, "master.key");
        if (!File.Exists(file))
        {
            return mayCreate
                ? Create(folder, file)
                : throw new MasterKeyException(
                    $"The master key is missing: this data was encrypted with one. Restore the file master.key of the data folder, or set {Variable}. Nothing was changed.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != UnixFileMode.None)
        {
            throw new MasterKeyException("The file master.key can be read by others than its owner. Make it private (chmod 600) and start again.");
        }

        return Parse(File.ReadAllText(file), "The file master.key");
    }

    private static byte[] Create(string folder, string file)
    {
        var key = RandomNumberGenerator.GetBytes(BlobFormat.KeyBytes);
        var staged = file + ".new";
        File.Delete(staged);
        var mode = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(staged, mode))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        File.Move(staged, file, overwrite: false);
        FolderSync.Flush(folder);
        return key;
    }

    private static byte[] Parse(string text, string where)
    {
        var key = new byte[BlobFormat.KeyBytes + 1];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == BlobFormat.KeyBytes
            ? key[..length]
            : throw new MasterKeyException($"{where} does not hold a master key: base64 of 32 bytes is wanted. Nothing was changed.");
    }
}

/// <summary>The server cannot start because of its master key. The message is for the operator and holds no secret.</summary>
internal sealed class MasterKeyException(string message) : Exception(message);

/// <summary>What the right master key gives; one row.</summary>
internal sealed class MasterKeyCheck
{
    public int Id { get; set; }

    public required byte[] Value { get; set; }
}

internal sealed class MasterKeyCheckTable : IEntityTypeConfiguration<MasterKeyCheck>
{
    public void Configure(EntityTypeBuilder<MasterKeyCheck> builder)
    {
        builder.ToTable("MasterKeyChecks").HasKey(c => c.Id);
        builder.Property(c => c.Id).ValueGeneratedNever();
    }
}
