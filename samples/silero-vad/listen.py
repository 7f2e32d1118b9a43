"""Where does somebody speak in a sound file? Asks a deployment of this sample window by window and keeps the model's state between the calls.

    python3 samples/silero-vad/listen.py samples/silero-vad/speech.wav --key KEY [--url http://localhost:7070/v2/models/silero-vad]

Needs Python alone. The file is a WAV of 16-bit samples, 16 kHz, one channel. Tensors go as they are (Open Inference, binary), so a window costs no decimal numbers.
"""

import argparse
import array
import json
import sys
import urllib.request
import wave

RATE, WINDOW, CONTEXT = 16000, 512, 64


def windows(path):
    """The file's samples in [-1, 1), 512 at a time; the last window is filled with silence."""
    with wave.open(path) as sound:
        if (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) != (RATE, 2, 1):
            raise SystemExit(f"{path} must have 16-bit samples, 16 kHz and one channel.")
        samples = array.array("h", sound.readframes(sound.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    for start in range(0, len(samples), WINDOW):
        window = [s / 32768 for s in samples[start : start + WINDOW]]
        yield window + [0.0] * (WINDOW - len(window))


def request(url, key, sound, state):
    """One call: the sound with its context and the state in, the probability and the next state out."""
    tensors = [("input", "FP32", [1, CONTEXT + WINDOW], sound), ("state", "FP32", [2, 1, 128], state), ("sr", "INT64", [], array.array("q", [RATE]))]
    head = json.dumps({
        "inputs": [{"name": n, "datatype": t, "shape": s, "parameters": {"binary_data_size": len(d) * d.itemsize}} for n, t, s, d in tensors],
        "parameters": {"binary_data_output": True},
    }).encode()
    asked = urllib.request.Request(url + "/infer", head + b"".join(d.tobytes() for _, _, _, d in tensors), {
        "Authorization": "Bearer " + key, "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})
    with urllib.request.urlopen(asked) as response:
        body, size = response.read(), int(response.headers["Inference-Header-Content-Length"])
    at = {}
    for output in json.loads(body[:size])["outputs"]:
        length = output["parameters"]["binary_data_size"]
        at[output["name"]] = array.array("f", body[size : size + length])
        size += length
    return at["output"][0], at["stateN"]


def probabilities(url, key, path):
    """For each window of 32 ms the probability that somebody speaks."""
    context, state = [0.0] * CONTEXT, array.array("f", [0.0] * 256)
    for window in windows(path):
        probability, state = request(url, key, array.array("f", context + window), state)
        context = window[-CONTEXT:]
        yield probability


def speech(probable, threshold=0.5):
    """Spans of speech as (from, to), in seconds."""
    begun = None
    for i, probability in enumerate([*probable, 0.0]):
        if (probability >= threshold) != (begun is not None):
            if begun is not None:
                yield begun * WINDOW / RATE, i * WINDOW / RATE
            begun = i if begun is None else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--url", default="http://localhost:7070/v2/models/silero-vad")
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    for begin, end in speech(probabilities(options.url, options.key, options.file)):
        print(f"{begin:.2f} s to {end:.2f} s")


if __name__ == "__main__":
    main()
