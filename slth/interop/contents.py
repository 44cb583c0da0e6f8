"""What a file holds, before it becomes a network: named tensors, a plan or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slth.core.errors import BadFile
from slth.interop.archjson import parse_plan
from slth.interop.files import Bytes, shown
from slth.interop.modules import is_code, is_module, sequential_plan, tensors_of, tree, unwrapped
from slth.interop.onnxfiles import read_onnx
from slth.interop.safetensors import parse
from slth.interop.sniffing import SAVE, is_onnx, is_pickle, is_safetensors, is_zip, refuse_known, torch_archive
from slth.interop.standins import Record, TensorRef
from slth.interop.states import find_state, natural, open_state, stripped
from slth.interop.steps import Plan
from slth.interop.targets import ARCHITECTURE_KEY, DIGEST_KEY
from slth.interop.tensors import Stored
from slth.interop.torchfiles import Pickled, read_legacy, read_zip


@dataclass(frozen=True, eq=False)
class Contents:
    """The tensors of a file and what it says about their architecture.

    Parameters
    ----------
    source_format : str
        "safetensors", "onnx", "torch zip" or "torch legacy", with " module" where a whole module was saved.
    state : mapping of name to Stored, in the order of the network as far as the file tells
    plan : callable or None
        Gives the architecture of the file, or raises why it is refused; None where the file has none.
    code : str or None
        Why the architecture is code, for a module of an unknown class.
    tree : tuple of str
    notes : tuple of str
    digest : str or None
        The digest that a canonical target carries.
    """

    source_format: str
    state: Mapping[str, Stored]
    plan: Callable[[], Plan] | None = None
    code: str | None = None
    tree: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str | None = None


def open_contents(file: Bytes) -> Contents:
    """Look into a file of any kind that slth reads.

    Raises
    ------
    BadFile
        For every other kind, with a line on what to do.
    """
    if is_zip(file):
        archive, pickle = torch_archive(file)
        return _from_pickle(read_zip(archive, pickle), "torch zip")
    if is_safetensors(file):
        return _from_container(file)
    if is_pickle(file):
        return _from_pickle(read_legacy(file), "torch legacy")
    if is_onnx(file):
        model = read_onnx(file)
        return Contents("onnx", model.state, lambda: model.plan)
    refuse_known(file)
    raise BadFile(f"is not a file that slth knows (.pt, .pth, .safetensors or .onnx); {SAVE}")


def _from_container(file: Bytes) -> Contents:
    container = parse(file)
    text = container.metadata.get(ARCHITECTURE_KEY)
    names = sorted(container.spans, key=natural)
    state = stripped({name: container.stored(name) for name in names})

    def plan() -> Plan:
        return parse_plan(text or "", f"its metadata {ARCHITECTURE_KEY}")

    digest = container.metadata.get(DIGEST_KEY)
    return Contents("safetensors", state, None if text is None else plan, digest=digest)


def _from_pickle(pickled: Pickled, source_format: str) -> Contents:
    value: object = pickled.value
    notes: tuple[str, ...] = ()
    if isinstance(value, dict):
        value, notes = find_state(value)
    if isinstance(value, dict):
        state, more = open_state(value, pickled.storages)
        return Contents(source_format, state, notes=notes + more)
    if isinstance(value, Record) and is_module(value):
        module = unwrapped(value)
        state, _ = open_state(tensors_of(module), pickled.storages)
        return Contents(
            f"{source_format} module",
            state,
            None if is_code(module) else lambda: sequential_plan(module),
            is_code(module),
            tree(module),
            notes,
        )
    raise BadFile(f"holds {_named(value)}, not a state_dict; {SAVE}")


def _named(value: object) -> str:
    if isinstance(value, TensorRef):
        return "a single tensor"
    if isinstance(value, Record):
        return f"an object of class {shown(value.kind, 80)}"
    return f"a value of type {type(value).__name__}"
