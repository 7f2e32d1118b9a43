"""Makes speech.wav: a second of faint noise, a sentence by espeak-ng, and a second of faint noise again. On Debian: apt-get install espeak-ng."""

import array
import io
import pathlib
import random
import subprocess
import wave

RATE = 16000
SENTENCE = "The ship is ready to leave the slipway."


def spoken():
    """The sentence at 16 kHz, from espeak-ng's own rate by linear interpolation."""
    said = subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "--stdout", SENTENCE], check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(said)) as sound:
        rate, samples = sound.getframerate(), array.array("h", sound.readframes(1 << 24))
    count = len(samples) * RATE // rate
    for i in range(count - 1):
        at, rest = divmod(i * rate / RATE, 1)
        yield int(samples[int(at)] * (1 - rest) + samples[min(int(at) + 1, len(samples) - 1)] * rest)


def main():
    noise = random.Random(1)

    def quiet(seconds):
        return [noise.randint(-20, 20) for _ in range(int(seconds * RATE))]

    samples = array.array("h", [*quiet(1.0), *spoken(), *quiet(1.0)])
    with wave.open(str(pathlib.Path(__file__).with_name("speech.wav")), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())


if __name__ == "__main__":
    main()
