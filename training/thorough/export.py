"""Writes a trained cross-encoder as models/thorough.bin (layout: reference.py), and checks the int8 weights.

usage: export.py --weights FILE.pt --out thorough.bin [--dequantised FILE.pt]
--dequantised writes the int8 weights back as a PyTorch checkpoint, so that every figure can be measured on them.
"""
import argparse
import struct

import torch

import crossencoder as ce
import minilm

POSITIONS = 128


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--dequantised")
    a = ap.parse_args()
    state = torch.load(a.weights)
    back = dict(state)
    with open(a.out, "wb") as f:
        f.write(b"PLXCROS1" + struct.pack("<12I", 1, minilm.LAYERS, minilm.HIDDEN, minilm.HEADS, minilm.INNER, 30522, POSITIONS, 2, ce.INNER, len(ce.HEADS), 0, 0))

        def f32(name, rows=None):
            f.write(state[name][:rows].float().contiguous().numpy().astype("<f4").tobytes())

        def q8(name):
            w = state[name].float()
            scale = (w.abs().amax(1) / 127).clamp(min=1e-12)
            q = (w / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
            # the Rust inference adds up to 32768 times a row in 31 bits
            assert name == "encoder.word.weight" or q.abs().to(torch.int32).sum(1).max() < 65535, name
            f.write(scale.numpy().astype("<f4").tobytes() + q.numpy().tobytes())
            back[name] = q.float() * scale[:, None]

        q8("encoder.word.weight")
        f32("encoder.position.weight", POSITIONS)
        for n in ("segment.weight", "norm.weight", "norm.bias"):
            f32("encoder." + n)
        for i in range(minilm.LAYERS):
            p = f"encoder.layers.{i}."
            for n in ("qkv", "out", "norm1", "up", "down", "norm2"):
                (f32 if n.startswith("norm") else q8)(p + n + ".weight")
                f32(p + n + ".bias")
        for n in ("inner.weight", "inner.bias", "outer.weight", "outer.bias"):
            f32(n)
    if a.dequantised:
        torch.save(back, a.dequantised)


if __name__ == "__main__":
    main()
