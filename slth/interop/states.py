"""From named tensors to layers: prefixes, pruning masks, number types, and clear refusals."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array, Floats
from slth.interop.files import shown
from slth.interop.limits import MAX_TENSORS, MAX_WEIGHTS
from slth.interop.standins import Record, TensorRef
from slth.interop.tensors import FLOATS, Storages, Stored, stored

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
PREFIXES = ("module.", "_orig_mod.")
PARTS = ("weight", "bias", "weight_orig", "bias_orig", "weight_mask", "bias_mask")
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
NORMALISATION = "normalisation without running statistics (LayerNorm, GroupNorm) and PReLU are not supported"
HINTS = (
    ("weight_ih_l", "recurrent layers are not supported yet"),
    ("in_proj_weight", "attention is not supported yet"),
    ("in_proj_bias", "attention is not supported yet"),
    ("weight_g", "weight normalisation: call torch.nn.utils.remove_weight_norm before saving"),
    ("original", "a parametrisation: call torch.nn.utils.parametrize.remove_parametrizations before saving"),
    ("_packed_params", "it is quantised: save the float model"),
)


@dataclass(frozen=True, eq=False)
class Layer:
    """One affine layer of the file: its name there, weight (out, in, ...), bias (out,) or None; float32 or float64."""

    name: str
    weight: Array
    bias: Array | None

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in)."""
        return self.weight.shape[0], self.weight.shape[1]

    @property
    def op(self) -> str:
        """ "dense" or "conv"."""
        return "dense" if self.weight.ndim == 2 else "conv"

    @property
    def label(self) -> str:
        """The name as messages give it."""
        return shown(self.name or "weight", 80)


@dataclass(frozen=True, eq=False)
class Norm:
    """One BatchNorm of the file in evaluation mode: (x - mean) / sqrt(variance + eps) * weight + bias, a channel each.

    Parameters
    ----------
    name : str
    mean, variance, weight, bias : float64 arrays of shape (channels,)
    """

    name: str
    mean: Floats
    variance: Floats
    weight: Floats
    bias: Floats

    @property
    def label(self) -> str:
        """The name as messages give it."""
        return shown(self.name or "weight", 80)


@dataclass(frozen=True, eq=False)
class Loaded:
    """The layers of a file in its order, the normalisations, the number types there, and notes for the user."""

    layers: tuple[Layer, ...]
    norms: tuple[Norm, ...]
    dtype: str
    notes: tuple[str, ...]


def find_state(value: dict[Any, Any]) -> tuple[Any, tuple[str, ...]]:
    """The dictionary of tensors, or the module, inside a saved dictionary; and notes on what was opened.

    Raises
    ------
    BadFile
        When there is none, or more than one that could be meant.
    """
    notes: list[str] = []
    for _ in range(4):
        if any(isinstance(entry, TensorRef) for entry in value.values()):
            return value, tuple(notes)
        found = [key for key in WRAPPERS if isinstance(value.get(key), (dict, Record))]
        if len(found) > 1:
            raise BadFile(f"holds several networks ({', '.join(found)}); save one state_dict alone")
        if not found:
            break
        notes.append(f"read from the entry {found[0]!r}")
        value = value[found[0]]
        if isinstance(value, Record):
            return value, tuple(notes)
    keys = ", ".join(shown(key, 40) for key in list(value)[:8] if isinstance(key, (str, int)))
    inside = f"a dictionary with the entries {keys}" if keys else "an empty dictionary"
    raise BadFile(f"holds no tensors but {inside}; save the state_dict with torch.save(net.state_dict(), ...)")


def open_state(value: Mapping[Any, Any], storages: Storages) -> tuple[dict[str, Stored], tuple[str, ...]]:
    """The tensors of a state_dict by name, common prefixes removed; entries that are plain values are noted."""
    state: dict[str, Stored] = {}
    skipped: list[str] = []
    for key, entry in value.items():
        if isinstance(entry, TensorRef) and isinstance(key, str):
            state[key] = stored(entry, storages)
        elif entry is None or isinstance(entry, (bool, int, float, str)):
            skipped.append(shown(key, 40))
        else:
            label = shown(key, 80) if isinstance(key, (str, int)) else "without a name"
            raise BadFile(f"entry {label} is neither a tensor nor a number; save the state_dict alone")
    if len(state) > MAX_TENSORS:
        raise BadFile(f"it has {len(state)} tensors; at most {MAX_TENSORS} are read")
    notes = (f"ignored entries that are no tensors: {', '.join(skipped[:8])}",) if skipped else ()
    return stripped(state), notes


def stripped(state: dict[str, Stored]) -> dict[str, Stored]:
    """The same tensors without the prefixes that wrappers of torch put before every name."""
    for _ in range(4):
        for prefix in PREFIXES:
            if state and all(name.startswith(prefix) for name in state):
                state = {name.removeprefix(prefix): entry for name, entry in state.items()}
    return state


def natural(name: str) -> tuple[Any, ...]:
    """A sort key under which `10` comes after `9`."""
    pieces = re.split(r"([0-9]+)", name[:1000])
    return tuple((int(p), "") if p.isascii() and p.isdigit() else (-1, p) for p in pieces), name


def grouped(state: Mapping[str, Stored]) -> dict[str, dict[str, Stored]]:
    """Tensors by layer and part: `fc1.weight_orig` is part `weight_orig` of layer `fc1`; order of appearance.

    Raises
    ------
    BadFile
        For a part that no layer has, and for shapes that are not those of one.
    """
    groups: dict[str, dict[str, Stored]] = {}
    for name, entry in state.items():
        layer, _, part = name.rpartition(".")
        if part not in PARTS and part not in STATISTICS:
            hint = next((text for start, text in HINTS if part.startswith(start)), None)
            hint = hint or "slth knows weight and bias of Linear and Conv2d, and what BatchNorm has"
            raise BadFile(f"tensor {shown(name, 80)}: {hint}")
        groups.setdefault(layer, {})[part] = entry
    for layer, parts in groups.items():
        for part, entry in parts.items():
            if part != "num_batches_tracked":
                _check_shape(f"{layer}.{part}".lstrip("."), part, entry, is_norm(parts))
    return groups


def is_norm(parts: Mapping[str, Stored]) -> bool:
    """Whether a group of tensors is a BatchNorm."""
    return any(part in parts for part in STATISTICS)


def _check_shape(name: str, part: str, entry: Stored, norm: bool) -> None:
    label, count = shown(name, 80), len(entry.shape)
    if entry.problem:
        raise BadFile(f"tensor {label} {entry.problem}")
    if not part.endswith("_mask") and entry.dtype not in FLOATS:
        raise BadFile(f"tensor {label} holds {entry.dtype}; slth reads float16, bfloat16, float32 and float64")
    if part.startswith("bias") or norm:
        if count != 1:
            what = "BatchNorm" if norm else "the bias of a layer"
            raise BadFile(f"tensor {label} has shape {entry.shape}; {what} has one dimension")
    elif count in (3, 5):
        kind = f"convolutions in {count - 2} dimension{'s' * (count > 3)}"
        raise BadFile(f"tensor {label} has shape {entry.shape}: {kind} are not supported, only Conv2d")
    elif count == 1:
        raise BadFile(f"tensor {label} has shape {entry.shape}: {NORMALISATION}")
    elif count not in (2, 4):
        raise BadFile(f"tensor {label} has shape {entry.shape}; the weight of a Linear layer has two dimensions")
    if entry.size == 0:
        raise BadFile(f"tensor {label} is empty (shape {entry.shape})")


def load_layers(groups: Mapping[str, Mapping[str, Stored]], canonical: bool = False) -> Loaded:
    """Read the numbers of every layer.

    All layers get one type: float64 where any tensor is float64, else float32. In a canonical target each layer has its
    own type, which the digest names. Every conversion is exact.

    Raises
    ------
    BadFile
        For more weights than slth reads, numbers that are not finite, masks that are not 0 or 1, missing weights.
    """
    affine = {name: parts for name, parts in groups.items() if not is_norm(parts)}
    types = {name: _types(parts) for name, parts in affine.items()}
    total = sum(entry.size for parts in groups.values() for entry in parts.values())
    if total > MAX_WEIGHTS:
        raise BadFile(f"holds {total} numbers; slth reads at most {MAX_WEIGHTS}")
    kinds = sorted(set().union(*types.values()), key=FLOATS.index)
    layers: list[Layer] = []
    masked: list[str] = []
    for name, parts in affine.items():
        wide = _wide(types[name] if canonical else kinds)
        weight, cut = _part(name, "weight", parts, wide)
        if weight is None:
            raise BadFile(f"layer {shown(name, 80)} has a bias but no weight")
        bias, cut_bias = _part(name, "bias", parts, wide)
        if bias is not None and bias.shape != weight.shape[:1]:
            shapes = f"bias {bias.shape}, weight {weight.shape}"
            raise BadFile(f"layer {shown(name, 80)}: the bias does not fit the weight ({shapes})")
        masked += [shown(name or "weight", 40)] * (cut or cut_bias)
        layers.append(Layer(name, weight, bias))
    norms = tuple(_norm(name, parts) for name, parts in groups.items() if is_norm(parts))
    notes = [f"pruning masks multiplied into the weights of: {', '.join(masked[:8])}"] if masked else []
    if any({layer.weight.dtype.name} != types[layer.name] for layer in layers):
        wides = sorted({layer.weight.dtype.name for layer in layers}, key=FLOATS.index)
        notes.append(f"{' and '.join(kinds)} weights, converted exactly to {' and '.join(wides)}")
    return Loaded(tuple(layers), norms, ", ".join(kinds), tuple(notes))


def _types(parts: Mapping[str, Stored]) -> set[str]:
    """The number types of a layer in the file, masks aside."""
    return {entry.dtype for part, entry in parts.items() if not part.endswith("_mask")}


def _wide(kinds: Collection[str]) -> np.dtype[Any]:
    """The narrowest type of a `Layer` that holds all of these exactly."""
    return np.dtype(np.float64 if "float64" in kinds else np.float32)


def _norm(name: str, parts: Mapping[str, Stored]) -> Norm:
    """The statistics and the scaling of a BatchNorm; without scaling, that is 1 and 0."""
    label = shown(name, 80)
    if not {"running_mean", "running_var"} <= parts.keys() or set(parts) - {"weight", "bias", *STATISTICS}:
        raise BadFile(f"BatchNorm {label} lacks running statistics, or has tensors that no BatchNorm has")
    wide = np.dtype(np.float64)
    mean, variance = (_part(name, part, parts, wide)[0] for part in STATISTICS[:2])
    if mean is None or variance is None or mean.shape != variance.shape:
        raise BadFile(f"BatchNorm {label}: its running statistics differ in shape")
    weight, bias = (_part(name, part, parts, wide)[0] for part in ("weight", "bias"))
    weight = np.ones_like(mean) if weight is None else weight
    bias = np.zeros_like(mean) if bias is None else bias
    if weight.shape != mean.shape or bias.shape != mean.shape:
        raise BadFile(f"BatchNorm {label}: its tensors differ in shape")
    return Norm(name, mean, variance, weight, bias)


def _part(layer: str, part: str, parts: Mapping[str, Stored], wide: np.dtype[Any]) -> tuple[Array | None, bool]:
    """Weight or bias of a layer, its pruning mask multiplied in; and whether there was a mask."""
    label = shown(f"{layer}.{part}".lstrip("."), 80)
    plain, original, mask = parts.get(part), parts.get(f"{part}_orig"), parts.get(f"{part}_mask")
    if plain is not None and original is not None:
        raise BadFile(f"tensor {label} stands beside its own original {part}_orig; keep one of them")
    source = plain or original
    if source is None:
        if mask is not None:
            raise BadFile(f"tensor {label}_mask has no tensor to mask")
        return None, False
    if original is not None and mask is None:
        raise BadFile(f"tensor {label}_orig has no {part}_mask; call torch.nn.utils.prune.remove before saving")
    values = _loaded(label, source)
    if not np.isfinite(values).all():
        raise BadFile(f"tensor {label} holds NaN or infinity; slth needs finite numbers")
    values = values.astype(wide, copy=False)
    if mask is None:
        return values, False
    pattern = _loaded(f"{label}_mask", mask)
    if pattern.shape != values.shape or not ((pattern == 0) | (pattern == 1)).all():
        raise BadFile(f"tensor {label}_mask must hold 0 and 1 in the shape {values.shape}")
    return np.where(pattern == 1, values, wide.type(0)), True


def _loaded(label: str, entry: Stored) -> Array:
    try:
        return entry.load()
    except BadFile as error:
        raise BadFile(f"tensor {label}: {error}") from None
