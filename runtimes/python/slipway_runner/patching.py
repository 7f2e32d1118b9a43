"""Changes a class or function inside its module, where nothing that was loaded depends on it."""

import ast
import os

from slipway_runner.model import Model, methods_of
from slipway_runner.steps import Step

_SETTING_UP = ("__init__", "__new__", "load", "setup_environment")


def patched(model: Model, about: dict, before: str, after: str) -> "Model | None":
    """The model with new code and the state that it has loaded; None: it has to be loaded anew. Raises what the new code raises."""
    if model.module is None:
        return None
    old, new = _parse(os.path.join(before, about["module"])), _parse(os.path.join(after, about["module"]))
    name = about.get("class") or "Model" if about["kind"] == "truss" else "predict"
    if _others(old, name) != _others(new, name):
        return None
    was, now = _one(old, name), _one(new, name)
    if was is None or now is None or type(was) is not type(now):
        return None
    if isinstance(now, ast.ClassDef) and not _keeps_state(was, now):
        return None
    futures = [node for node in new.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    code = compile(ast.Module([*futures, now], []), os.path.join(after, about["module"]), "exec", dont_inherit=True)
    namespace = model.module.__dict__
    kept = namespace.get(name)
    try:
        exec(code, namespace)
        return _of_class(model, namespace[name]) if isinstance(now, ast.ClassDef) else _of_function(model, namespace[name])
    except BaseException:
        namespace[name] = kept
        raise


def _of_class(model: Model, made) -> "Model | None":
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
    return isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name


def _one(tree: ast.Module, name: str):
    found = [node for node in tree.body if _named(node, name)]
    return found[0] if len(found) == 1 else None


def _others(tree: ast.Module, name: str) -> "list[str]":
    return [ast.dump(node) for node in tree.body if not _named(node, name)]


def _keeps_state(was: ast.ClassDef, now: ast.ClassDef) -> bool:
    """Whether the two differ in nothing but methods that setting up does not use."""
    if _head(was) != _head(now):
        return False
    old, new = _members(was), _members(now)
    if old is None or new is None or old[1] != new[1]:
        return False
    names = {name for name in old[0].keys() | new[0].keys() if name not in old[0] or name not in new[0] or ast.dump(old[0][name]) != ast.dump(new[0][name])}
    return not names & (_used(old[0]) | _used(new[0]))


def _head(node: ast.ClassDef) -> "list[str]":
    return [ast.dump(part) for part in (*node.bases, *node.keywords, *node.decorator_list)]


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


def _used(methods: dict) -> "set[str]":
    """What setting up runs: its own methods, and those that they name, and so on."""
    found: "set[str]" = set()
    open_names = list(_SETTING_UP)
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        found.add(name)
        if name in methods:
            open_names.extend(n.attr for n in ast.walk(methods[name]) if isinstance(n, ast.Attribute) and n.attr in methods)
            open_names.extend(n.id for n in ast.walk(methods[name]) if isinstance(n, ast.Name) and n.id in methods)
    return found
