"""Whole modules inside a pickle: the exact architecture of a Sequential, and a picture of everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slth.core.errors import BadFile
from slth.core.nodes import Shape
from slth.interop.files import shown
from slth.interop.limits import MAX_DEPTH, MAX_ENTRIES, MAX_NODES
from slth.interop.sizes import checked_shape
from slth.interop.standins import Record, TensorRef
from slth.interop.steps import Plan, Step
from slth.interop.torchclasses import CONV, LINEAR, STEPS, TENSORS, steps_of

SEQUENTIAL = "torch.nn.modules.container.Sequential"
WRAPPING = {
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
}
HOOKS = ("_forward_hooks", "_forward_pre_hooks")
UNFLATTEN = "torch.nn.modules.flatten.Unflatten"
DICTIONARIES = ("_modules", "_parameters", "_buffers", *HOOKS)
OVERRIDES = ("forward", "_call_impl", "_slow_forward", "_wrapped_call_impl")
PRUNING = "torch.nn.utils.prune."


def state_of(record: Record) -> dict[str, Any]:
    """The attributes that were pickled with an object."""
    state = record.state
    if isinstance(state, tuple) and len(state) == 2:
        state = state[0]
    return state if isinstance(state, dict) else {}


def _inside(record: Record, attribute: str) -> dict[Any, Any]:
    entries = state_of(record).get(attribute)
    return entries if isinstance(entries, dict) else {}


def is_module(value: Any) -> bool:
    """Whether a stand-in has the attributes of a torch module."""
    return isinstance(value, Record) and "_modules" in state_of(value) and "_parameters" in state_of(value)


def walk(record: Record) -> Iterator[tuple[str, int, Record]]:
    """Every module of a tree with its path and depth, parents first; one used twice appears twice.

    Raises
    ------
    BadFile
        Beyond MAX_NODES modules or MAX_DEPTH levels (a file of a few bytes can say 2^100 modules).
    """
    waiting: list[tuple[str, int, Record]] = [("", 0, record)]
    seen = entries = 0
    while waiting:
        path, depth, module = waiting.pop()
        children = _inside(module, "_modules")
        seen += 1
        entries += sum(len(_inside(module, attribute)) for attribute in DICTIONARIES)
        if seen + len(waiting) > MAX_NODES or entries > MAX_ENTRIES or depth > MAX_DEPTH:
            raise BadFile(f"its modules are more than {MAX_NODES} or nested deeper than {MAX_DEPTH}")
        yield path, depth, module
        named = [(_name(name), child) for name, child in children.items() if isinstance(child, Record)]
        waiting += [(f"{path}.{name}".lstrip("."), depth + 1, child) for name, child in reversed(named)]


def _name(name: Any) -> str:
    """The name of a module or tensor, as torch allows them."""
    if not isinstance(name, str) or not 0 < len(name) <= 200 or "." in name:
        raise BadFile("a module or tensor has an impossible name; save the state_dict")
    return name


def tensors_of(record: Record) -> dict[str, TensorRef]:
    """Parameters and buffers of a module tree under the names that state_dict would give them."""
    found: dict[str, TensorRef] = {}
    for path, _, module in walk(record):
        for attribute in ("_parameters", "_buffers"):
            for name, entry in _inside(module, attribute).items():
                if isinstance(entry, TensorRef):
                    found[f"{path}.{_name(name)}".lstrip(".")] = entry
    return found


def label(record: Record) -> str:
    """One module in short: class name and what tells its size."""
    state = state_of(record)
    names = ("in_features", "out_features", "in_channels", "out_channels", "kernel_size", "num_features", "p")
    values = [shown(state[n], 20) for n in names if isinstance(state.get(n), (int, float, tuple))]
    return shown(record.kind.rpartition(".")[2], 60) + (f"({', '.join(values)})" if values else "")


def tree(record: Record, limit: int = 60) -> tuple[str, ...]:
    """The module tree as indented lines, cut after `limit`."""
    lines: list[str] = []
    for path, depth, module in walk(record):
        if len(lines) == limit:
            lines.append("...")
            break
        name = shown(path.rpartition(".")[2], 60)
        lines.append("  " * min(depth, 20) + (f"{name}: " if name else "") + label(module))
    return tuple(lines)


def unwrapped(record: Record) -> Record:
    """The module inside DataParallel and torch.compile, which change nothing about the function."""
    for _ in range(4):
        inner = _inside(record, "_modules").get(WRAPPING.get(record.kind, ""))
        if not isinstance(inner, Record):
            break
        record = inner
    return record


def is_code(record: Record) -> str | None:
    """Why the function of a module is not in the file, or None when it is a Sequential or a single Linear or Conv2d."""
    if record.kind in (SEQUENTIAL, LINEAR, CONV):
        return None
    picture = shown(", ".join(line.strip() for line in tree(record)[1:]), 300)
    return (
        f"is a whole module {label(record)} of ({picture}): its forward() is code, which is never run; "
        "pass --arch, or export it to ONNX with torch.onnx.export"
    )


def sequential_plan(record: Record) -> Plan:
    """The architecture of a Sequential, nested or not, of the classes of `torchclasses.STEPS`.

    Raises
    ------
    BadFile
        For any other module, and for hooks or an overridden forward, which are code.
    """
    steps: list[Step] = []
    notes: list[str] = []
    shape: Shape | None = None
    for path, _, module in walk(record):
        _check_plain(path, module)
        if module.kind == SEQUENTIAL:
            continue
        if module.kind == UNFLATTEN and not steps and shape is None:
            shape = _unflattened(state_of(module), path)
            continue
        steps += steps_of(module.kind, state_of(module), path, f"module {shown(path, 80) or '(the whole)'}")
        if "dropout" in module.kind:
            notes.append("Dropout is the identity (evaluation mode)")
    return Plan(shape, tuple(steps), tuple(dict.fromkeys(notes)), strict=True)


def _unflattened(state: dict[str, Any], path: str) -> Shape:
    """The shape of one input, from an Unflatten that comes before everything else."""
    sizes = state.get("unflattened_size")
    whole = isinstance(sizes, (tuple, list)) and all(isinstance(size, int) for size in sizes)
    if state.get("dim") != 1 or not whole:
        raise BadFile(f"module {shown(path, 80)}: only Unflatten(1, sizes) is supported, as the first module")
    return checked_shape(tuple(sizes or ()))


def _check_plain(path: str, module: Record) -> None:
    where = f"module {shown(path, 80) or '(the whole)'}"
    if any(name in state_of(module) for name in OVERRIDES):
        raise BadFile(f"{where} overrides forward(), which is code; save the state_dict and pass --arch")
    if any(_inside(module, attribute) for attribute in HOOKS) and not _is_pruned(module):
        raise BadFile(f"{where} has a hook, which is code; remove it or save the state_dict and pass --arch")
    if module.kind in STEPS and _inside(module, "_modules"):
        raise BadFile(f"{where} is {shown(module.kind, 80)} with modules inside, which cannot be; save the state_dict")
    tensors = {*_inside(module, "_parameters"), *_inside(module, "_buffers")}
    allowed = TENSORS.get(module.kind, set())
    hidden = allowed & set(state_of(module))  # a plain attribute goes before a parameter of that name
    if module.kind in STEPS and (hidden or not tensors <= allowed) and not _is_pruned(module):
        name = shown(module.kind.rpartition(".")[2], 60)
        raise BadFile(f"{where} is a {name} with unusual tensors, whose meaning is code; save the state_dict")


def _is_pruned(module: Record) -> bool:
    """Whether a layer is as torch.nn.utils.prune leaves it: a hook that computes orig * mask, and both tensors."""
    hooks = _inside(module, "_forward_pre_hooks").values()
    known = all(isinstance(hook, Record) and hook.kind.startswith(PRUNING) for hook in hooks)
    pruned = {str(state_of(hook).get("_tensor_name")) for hook in hooks} if known else set()
    parameters, buffers = _inside(module, "_parameters"), _inside(module, "_buffers")
    if module.kind not in (LINEAR, CONV) or _inside(module, "_forward_hooks") or not pruned:
        return False
    originals = {name.removesuffix("_orig") for name in parameters if str(name).endswith("_orig")}
    return originals == pruned and set(buffers) == {f"{name}_mask" for name in pruned}
