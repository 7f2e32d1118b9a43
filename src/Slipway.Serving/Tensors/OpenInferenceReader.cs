using System.Buffers.Binary;
using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>
/// Reads an infer request of the Open Inference Protocol v2: JSON with nested or flat data, or the binary tensor extension, in which the JSON is followed by the
/// elements of the inputs that carry <c>binary_data_size</c>, one after another in their order.
/// </summary>
public static class OpenInferenceReader
{
    private const int MaxInputs = 256;
    private const int MaxIdChars = 1024;

    /// <param name="body">The whole body.</param>
    /// <param name="jsonLength">The request header <c>Inference-Header-Content-Length</c>; null: all of the body is JSON.</param>
    /// <param name="signature">What the model takes: names, datatypes and shapes are held to it. Null: they are taken as they are said.</param>
    /// <param name="request">Filled; its content is undefined after a refusal.</param>
    /// <returns>Null, or why the request is refused.</returns>
    public static TensorError? Read(ReadOnlySpan<byte> body, long? jsonLength, ModelSignature? signature, InferRequest request)
    {
        if (jsonLength is < 0 || jsonLength > body.Length)
        {
            return new TensorError(TensorError.MalformedRequest, $"Inference-Header-Content-Length is {jsonLength}; the body has {body.Length} bytes.");
        }

        var header = body[..(int)(jsonLength ?? body.Length)];
        return Read(header, body[header.Length..], header, signature, request);
    }

    /// <param name="runs">The JSON; empty: its numbers are read one by one, to say where it is none.</param>
    private static TensorError? Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> binary, ReadOnlySpan<byte> runs, ModelSignature? signature, InferRequest request)
    {
        request.Clear();
        try
        {
            var json = new Utf8JsonReader(header);
            var state = new State(signature, request, header.Length, runs, binary);
            state.Request(ref json);
            return json.Read() ? new TensorError(TensorError.MalformedJson, "Something follows the JSON object.") : null;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
        catch (JsonException exception)
        {
            return runs.IsEmpty ? Json.Malformed(exception) : Read(header, binary, default, signature, request);
        }
        catch (InvalidOperationException)
        {
            return new TensorError(TensorError.MalformedJson, "A text is not valid Unicode.");
        }
    }

    private ref struct State(ModelSignature? signature, InferRequest request, int jsonBytes, ReadOnlySpan<byte> runs, ReadOnlySpan<byte> binary)
    {
        private readonly ReadOnlySpan<byte> runs = runs;
        private readonly ReadOnlySpan<byte> binary = binary;
        private int binaryUsed;

        public void Request(ref Utf8JsonReader json)
        {
            Json.Begin(ref json, "The request");
            bool hasInputs = false, hasOutputs = false, hasId = false, hasParameters = false;
            while (Json.NextProperty(ref json))
            {
                if (json.ValueTextEquals("inputs"u8))
                {
                    Json.Once(ref hasInputs, "inputs");
                    Inputs(ref json);
                }
                else if (json.ValueTextEquals("outputs"u8))
                {
                    Json.Once(ref hasOutputs, "outputs");
                    Outputs(ref json);
                }
                else if (json.ValueTextEquals("id"u8))
                {
                    Json.Once(ref hasId, "id");
                    request.Id = Json.Text(ref json, "id", MaxIdChars);
                }
                else if (json.ValueTextEquals("parameters"u8))
                {
                    Json.Once(ref hasParameters, "parameters");
                    Json.BeginValue(ref json, "parameters");
                    while (Json.NextProperty(ref json))
                    {
                        if (json.ValueTextEquals("binary_data_output"u8))
                        {
                            request.BinaryOutput = Json.Flag(ref json, "binary_data_output");
                        }
                        else
                        {
                            Json.Skip(ref json);
                        }
                    }
                }
                else
                {
                    Json.Skip(ref json);
                }
            }

            if (!hasInputs)
            {
                throw new TensorException(TensorError.MalformedRequest, "The request has no list inputs.");
            }

            if (binaryUsed != binary.Length)
            {
                throw new TensorException(
                    TensorError.DataMismatch, $"{binary.Length} bytes follow the JSON, and the inputs' binary_data_size add up to {binaryUsed}.");
            }

            Signatures.RequireAll(signature, request);
        }

        private void Inputs(ref Utf8JsonReader json)
        {
            Json.BeginList(ref json, "inputs");
            while (Json.NextEntry(ref json, "inputs"))
            {
                if (request.Inputs.Count == MaxInputs)
                {
                    throw new TensorException(TensorError.MalformedRequest, $"There are more than {MaxInputs} inputs.");
                }

                Input(ref json);
            }
        }

        private void Input(ref Utf8JsonReader json)
        {
            string? name = null;
            TensorSpec? spec = null;
            DataType? type = null;
            long[]? shape = null;
            long? binarySize = null;
            bool hasData = false, isRead = false, hasParameters = false;
            var data = default(Utf8JsonReader);
            while (Json.NextProperty(ref json))
            {
                if (json.ValueTextEquals("name"u8))
                {
                    Json.NotTwice(name is not null, "name");
                    (name, spec) = Signatures.Input(ref json, signature, request);
                }
                else if (json.ValueTextEquals("datatype"u8))
                {
                    Json.NotTwice(type is not null, "datatype");
                    type = Json.DataType(ref json);
                }
                else if (json.ValueTextEquals("shape"u8))
                {
                    Json.NotTwice(shape is not null, "shape");
                    shape = Json.Shape(ref json);
                }
                else if (json.ValueTextEquals("parameters"u8))
                {
                    Json.Once(ref hasParameters, "parameters");
                    Json.BeginValue(ref json, "parameters");
                    while (Json.NextProperty(ref json))
                    {
                        if (json.ValueTextEquals("binary_data_size"u8))
                        {
                            binarySize = Json.Size(ref json, "binary_data_size");
                        }
                        else
                        {
                            Json.Skip(ref json);
                        }
                    }
                }
                else if (json.ValueTextEquals("data"u8))
                {
                    Json.Once(ref hasData, "data");
                    json.Read();
                    data = json;
                    if (name is not null && type is not null && shape is not null)
                    {
                        Check(name, spec, type.Value, shape);
                        JsonTensorReader.Read(ref json, runs, request.Inputs, name, type.Value, shape, mayBeFlat: true, most: jsonBytes);
                        isRead = true;
                    }
                    else
                    {
                        json.Skip();
                    }
                }
                else
                {
                    Json.Skip(ref json);
                }
            }

            if (name is null || type is null || shape is null)
            {
                throw new TensorException(
                    TensorError.MalformedRequest, $"{(name is null ? "An input" : $"Input {name}")} has no {(name is null ? "name" : type is null ? "datatype" : "shape")}.");
            }

            if (hasData == binarySize is not null)
            {
                throw new TensorException(
                    TensorError.MalformedRequest, $"{name}: {(hasData ? "data and binary_data_size exclude each other" : "there is neither data nor the parameter binary_data_size")}.");
            }

            if (hasData && !isRead)
            {
                Check(name, spec, type.Value, shape);
                JsonTensorReader.Read(ref data, runs, request.Inputs, name, type.Value, shape, mayBeFlat: true, most: jsonBytes);
            }
            else if (binarySize is { } size)
            {
                Check(name, spec, type.Value, shape);
                Binary(name, type.Value, shape, size);
            }
        }

        private static void Check(string name, TensorSpec? spec, DataType type, long[] shape)
        {
            if (spec is not null)
            {
                Signatures.Check(spec, type, shape);
            }
            else if (Shapes.Count(shape) < 0)
            {
                throw new TensorException(TensorError.TooLarge, $"{name}: the shape {Shapes.Text(shape)} has too many elements.");
            }
        }

        private void Binary(string name, DataType type, long[] shape, long size)
        {
            if (size > binary.Length - binaryUsed)
            {
                throw new TensorException(
                    TensorError.DataMismatch, $"{name}: binary_data_size is {size}, and {binary.Length - binaryUsed} bytes are left behind the JSON (Inference-Header-Content-Length says where it ends).");
            }

            var bytes = binary.Slice(binaryUsed, (int)size);
            binaryUsed += (int)size;
            BinaryTensors.Check(name, type, Shapes.Count(shape), bytes);
            bytes.CopyTo(request.Inputs.Reserve(bytes.Length));
            request.Inputs.Commit(name, type, shape, bytes.Length);
        }

        private void Outputs(ref Utf8JsonReader json)
        {
            Json.BeginList(ref json, "outputs");
            while (Json.NextEntry(ref json, "outputs"))
            {
                string? name = null;
                var index = -1;
                bool? isBinary = null;
                while (Json.NextProperty(ref json))
                {
                    if (json.ValueTextEquals("name"u8))
                    {
                        Json.NotTwice(name is not null, "name");
                        (name, index) = Signatures.Output(ref json, signature);
                    }
                    else if (json.ValueTextEquals("parameters"u8))
                    {
                        Json.BeginValue(ref json, "parameters");
                        while (Json.NextProperty(ref json))
                        {
                            if (json.ValueTextEquals("binary_data"u8))
                            {
                                isBinary = Json.Flag(ref json, "binary_data");
                            }
                            else
                            {
                                Json.Skip(ref json);
                            }
                        }
                    }
                    else
                    {
                        Json.Skip(ref json);
                    }
                }

                if (name is null)
                {
                    throw new TensorException(TensorError.MalformedRequest, "An output has no name.");
                }

                if (request.Outputs.Exists(o => o.Name == name) || request.Outputs.Count == MaxInputs)
                {
                    throw new TensorException(TensorError.MalformedRequest, $"Output {name} is asked for twice.");
                }

                request.Outputs.Add(new RequestedOutput(index, name, isBinary));
            }
        }
    }
}

/// <summary>The binary form of tensors.</summary>
internal static class BinaryTensors
{
    /// <summary>Holds the bytes of a tensor to its datatype and number of elements.</summary>
    public static void Check(string name, DataType type, long count, ReadOnlySpan<byte> bytes)
    {
        if (type != DataType.Bytes)
        {
            if (count > int.MaxValue || count * type.Size() != bytes.Length)
            {
                throw new TensorException(
                    TensorError.DataMismatch, $"{name}: {count} elements of {type.Name()} have {(UInt128)count * (uint)type.Size()} bytes; binary_data_size is {bytes.Length}.");
            }

            if (type == DataType.Bool && bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
            {
                throw new TensorException(TensorError.DataMismatch, $"{name}: a BOOL is a byte 0 or 1.");
            }

            return;
        }

        long found = 0;
        for (var rest = bytes; !rest.IsEmpty; found++)
        {
            if (rest.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(rest) > rest.Length - 4)
            {
                throw new TensorException(TensorError.DataMismatch, $"{name}: element {found} of BYTES ends behind the data.");
            }

            rest = rest[(4 + BinaryPrimitives.ReadInt32LittleEndian(rest))..];
        }

        if (found != count)
        {
            throw new TensorException(TensorError.DataMismatch, $"{name}: the shape has {count} elements of BYTES; the data have {found}.");
        }
    }
}
