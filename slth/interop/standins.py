"""What stands for the classes and functions that a pickle names: records of names, never the things themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slth.core.errors import BadFile

DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
    "UntypedStorage": "untyped",
}


@dataclass(frozen=True, eq=False, slots=True)
class Name:
    """A class or function that the pickle names; nothing is imported."""

    module: str
    name: str

    @property
    def full(self) -> str:
        """The dotted name."""
        return f"{self.module}.{self.name}"


class Record:
    """An object of a class that is not looked up: its class name, arguments and state."""

    __slots__ = ("args", "kind", "state")

    def __init__(self, kind: str, args: tuple[Any, ...] = ()) -> None:
        self.kind = kind
        self.args = args
        self.state: Any = None


class Opaque:
    """A dictionary key that is neither a text nor a small integer; told apart by identity only."""

    __slots__ = ()


@dataclass(frozen=True, eq=False, slots=True)
class StorageRef:
    """Where the numbers of tensors lie: a key inside the file, `count` numbers of one dtype."""

    dtype: str
    key: str
    location: str
    count: int


@dataclass(frozen=True, eq=False, slots=True)
class TensorRef:
    """A strided window on a storage, unchecked; or, where `problem` says why, a tensor that slth refuses."""

    storage: StorageRef | None
    offset: Any = 0
    size: Any = ()
    stride: Any = ()
    problem: str | None = None


PROBLEMS = {
    "_rebuild_meta_tensor_no_storage": "is a meta tensor: it holds no numbers",
    "_rebuild_sparse_tensor": "is sparse; call .to_dense() before saving",
    "_rebuild_sparse_csr_tensor": "is sparse; call .to_dense() before saving",
    "_rebuild_qtensor": "is quantised; call .dequantize() before saving",
    "_rebuild_nested_tensor": "is a nested tensor; slth reads plain ones",
    "_rebuild_wrapper_subclass": "is a tensor of a special class; slth reads plain ones",
    "_rebuild_tensor_v3": "has a number type that slth does not read; save it as float32",
    "_rebuild_device_tensor_from_numpy": "lives on a special device; call .cpu() before saving",
    "_rebuild_device_tensor_from_cpu_tensor": "lives on a special device; call .cpu() before saving",
}


def storage(identity: Any) -> Any:
    """The stand-in for a persistent id, as torch.save writes them.

    Raises
    ------
    BadFile
        For any other persistent id.
    """
    if not (isinstance(identity, tuple) and identity):
        raise BadFile("it refers to something outside the file; save the state_dict with torch.save")
    if identity[0] == "module" and len(identity) == 4 and isinstance(identity[1], Name):
        return identity[1]  # old files carry the source text of a module's class beside its name
    if identity[0] != "storage" or len(identity) not in (5, 6):
        raise BadFile("it refers to something outside the file; save the state_dict with torch.save")
    kind, key, location, count = identity[1:5]
    plain = isinstance(kind, Name) and isinstance(key, str) and type(count) is int and count >= 0
    if not plain:
        raise BadFile("a storage record is malformed; save the file again")
    if len(identity) == 6 and identity[5] is not None:
        raise BadFile("a storage is a view of another (a very old format); load and save it again")
    dtype = DTYPES.get(kind.name, "unknown")
    return StorageRef(dtype, key, location if isinstance(location, str) else "", count)


def _tensor(args: tuple[Any, ...]) -> Any:
    if not 4 <= len(args) <= 7 or not isinstance(args[0], StorageRef):
        raise BadFile("a tensor record is malformed; save the file again")
    view = len(args) == 7 and bool(args[6])
    problem = "is a conjugate or negated view; call .clone() before saving" if view else None
    return TensorRef(args[0], args[1], args[2], args[3], problem)


def _parameter(args: tuple[Any, ...]) -> Any:
    if not args or not isinstance(args[0], TensorRef):
        raise BadFile("a parameter record is malformed; save the file again")
    return args[0]


def _typed(args: tuple[Any, ...]) -> Any:
    """A tensor with attributes of its own, or of a subclass: plain ones pass, others are refused when used."""
    plain = {"torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter"}
    inner = REBUILD.get(args[0].full) if args and isinstance(args[0], Name) else None
    if len(args) == 4 and isinstance(args[1], Name) and isinstance(args[2], tuple):
        if args[1].full in plain and inner in (_tensor, _parameter):
            return rebuild(args[0], args[2])
        return TensorRef(None, problem=PROBLEMS["_rebuild_wrapper_subclass"])
    raise BadFile("a tensor record is malformed; save the file again")


def _dictionary(args: tuple[Any, ...]) -> Any:
    """An ordered or default dictionary; the entries follow as opcodes, or as a list of pairs."""
    pairs = args[0] if args and isinstance(args[0], list) else []
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise BadFile("a dictionary record is malformed; save the file again")
    return {key_of(key): value for key, value in pairs}


def _reconstructed(args: tuple[Any, ...]) -> Any:
    return Record(args[0].full if args and isinstance(args[0], Name) else "object")


REBUILD: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": _typed,
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": _dictionary,
    "copyreg._reconstructor": _reconstructed,
    "copy_reg._reconstructor": _reconstructed,
}


def rebuild(function: Any, args: Any) -> Any:
    """What a call in the pickle stands for: a tensor, a dictionary, or a record of the call. Nothing is called."""
    if not isinstance(args, tuple):
        raise BadFile("the pickle is malformed: a call without arguments; save the file again")
    if not isinstance(function, Name):
        return Record("object", args)
    if function.module in ("torch._utils", "torch._tensor") and function.name in PROBLEMS:
        return TensorRef(None, problem=PROBLEMS[function.name])
    known = REBUILD.get(function.full)
    return known(args) if known else Record(function.full, args)


def key_of(key: Any) -> Any:
    """A dictionary key that is cheap to hash: no nested tuples, no integers chosen to collide."""
    if isinstance(key, str) or (isinstance(key, int) and abs(key) < 1 << 60):
        return key
    return Opaque()
