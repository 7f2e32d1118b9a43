"""Changes a class or function inside its module, where nothing that was loaded depends on it."""

import ast
import os

from slipway_runner.model import Model, methods_of
from slipway_runner.steps import Step

_SETTING_UP = ("__init__", "__new__", "load", "setup_environment")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def patched(model: Model, about: dict, before: str, after: str, check) -> "Model | None":
    """The model with new code and the state that it has loaded; None: it has to be loaded anew. Raises what the new code or `check` raises, and nothing has changed then."""
    if model.module is None:
        return None
    old, new = _parse(os.path.join(before, about["module"])), _parse(os.path.join(after, about["module"]))
    name = about.get("class") or "Model" if about["kind"] == "truss" else "predict"
    if _others(old, name) != _others(new, name):
        return None
    was, now = _one(old, name), _one(new, name)
    if was is None or now is None or type(was) is not type(now):
        return None
    rest = [node for node in new.body if node is not now and not _is_main(node)]
    if name in _used_by_module(rest, now) or isinstance(now, ast.ClassDef) and not _keeps_state(was, now, rest):
        return None
    futures = [node for node in new.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    code = compile(ast.Module([*futures, now], []), os.path.join(after, about["module"]), "exec", dont_inherit=True)
    namespace = model.module.__dict__
    kept = namespace.get(name)
    try:
        exec(code, namespace)
        fresh = _of_class(model, namespace[name], _members(now)[0]) if isinstance(now, ast.ClassDef) else _of_function(model, namespace[name])
        check(fresh)
        return fresh
    except BaseException:
        namespace[name] = kept
        raise


def _of_class(model: Model, made, methods: dict) -> Model:
    """What was set on the class while it loaded, or changed in what its body has, is loaded state as well."""
    for name, value in vars(type(model.instance)).items():
        if name not in methods and not (name.startswith("__") and name.endswith("__")):
            setattr(made, name, value)
    instance = made.__new__(made)
    instance.__dict__.update(model.instance.__dict__)
    steps = methods_of(instance)
    fresh = Model(steps.methods, steps.preprocess, steps.postprocess, model.batch, model.check)
    fresh.load, fresh.instance = steps.load, instance
    return _like(fresh, model)


def _of_function(model: Model, function) -> Model:
    fresh = Model({"predict": Step(function)}, batch=model.batch, check=model.check)
    fresh.load = model.load
    return _like(fresh, model)


def _like(fresh: Model, model: Model) -> Model:
    fresh.module, fresh.tensors, fresh.columns = model.module, model.tensors, model.columns
    fresh.max_batch, fresh.concurrency = model.max_batch, model.concurrency
    return fresh


def _parse(path: str) -> ast.Module:
    with open(path, "rb") as file:
        return ast.parse(file.read(), path)


def _named(node, name: str) -> bool:
    return isinstance(node, _DEFINITIONS) and node.name == name


def _one(tree: ast.Module, name: str):
    found = [node for node in tree.body if _named(node, name)]
    return found[0] if len(found) == 1 else None


def _others(tree: ast.Module, name: str) -> "list[str]":
    return [ast.dump(node) for node in tree.body if not _named(node, name)]


def _is_main(node) -> bool:
    """`if __name__ == "__main__"`, which does not run here."""
    return isinstance(node, ast.If) and "__name__" in _mentioned(node.test)


def _used_by_module(rest: list, now) -> "set[str]":
    """What the module's import names, beside definitions; for a function also what the `load` beside it names."""
    roots = set().union(*(_mentioned(node) for node in rest if not isinstance(node, _DEFINITIONS) and _bound(node) != {"__all__"}))
    return _reached(roots if isinstance(now, ast.ClassDef) else roots | {"load"}, rest)


def _keeps_state(was: ast.ClassDef, now: ast.ClassDef, rest: list) -> bool:
    """Whether the two differ in nothing but methods that setting up does not use, as far as can be seen."""
    if not (_is_plain(was) and _is_plain(now)):
        return False
    old, new = _members(was), _members(now)
    if old is None or new is None or old[1] != new[1]:
        return False
    names = {name for name in old[0].keys() | new[0].keys() if name not in old[0] or name not in new[0] or ast.dump(old[0][name]) != ast.dump(new[0][name])}
    if any(name.startswith("__") and name.endswith("__") for name in names):
        return False   # what calls it does not name it
    if "__new__" in new[0] or any("__slots__" in _bound(part) for part in now.body):
        return False   # how an instance is made, or where its state is, is the class's own: no other instance can be given it from outside
    return not names & _reached(_SETTING_UP, [*was.body, *now.body, *rest])


def _is_plain(node: ast.ClassDef) -> bool:
    """Whether no other class, metaclass or decorator has a part in it: such may call any method while it sets up."""
    return not node.keywords and not node.decorator_list and all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)


def _members(node: ast.ClassDef) -> "tuple[dict, list[str]] | None":
    """Methods by name, and everything else; None where a name is defined twice."""
    methods: dict = {}
    others = []
    for part in node.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if part.name in methods:
                return None
            methods[part.name] = part
        elif not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)) and not isinstance(part, ast.Pass):
            others.append(ast.dump(part))
    return methods, others


def _reached(roots, nodes: list) -> "set[str]":
    """The names, and those that their definitions among the nodes mention, and so on."""
    definitions: "dict[str, list]" = {}
    for node in nodes:
        for name in _bound(node):
            definitions.setdefault(name, []).append(node)
    found: "set[str]" = set()
    open_names = set(roots)
    while open_names:
        name = open_names.pop()
        found.add(name)
        for node in definitions.get(name, ()):
            open_names |= _mentioned(node) - found
    return found


def _bound(node) -> "set[str]":
    """The names that a statement defines."""
    if isinstance(node, _DEFINITIONS):
        return {node.name}
    parts = list(ast.walk(node))
    return {n.name for n in parts if isinstance(n, _DEFINITIONS)} | {n.id for n in parts if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _mentioned(node) -> "set[str]":
    """Names, attributes, and texts that may be the name of one, as in `getattr(self, "name")`."""
    parts = list(ast.walk(node))
    return ({n.id for n in parts if isinstance(n, ast.Name)} | {n.attr for n in parts if isinstance(n, ast.Attribute)}
            | {n.value for n in parts if isinstance(n, ast.Constant) and isinstance(n.value, str)})
