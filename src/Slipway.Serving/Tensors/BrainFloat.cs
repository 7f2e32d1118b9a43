namespace Slipway.Serving.Tensors;

/// <summary>BF16: the upper half of an FP32.</summary>
public static class BrainFloat
{
    /// <summary>To the nearest, ties to even; NaN stays NaN.</summary>
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);
}
