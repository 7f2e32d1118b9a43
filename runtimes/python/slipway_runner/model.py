"""Loading: from a specification to one object that the workers call."""

import importlib
import importlib.util
import inspect
import os
import pathlib
import sys
import types

from slipway_runner import logs
from slipway_runner.estimator import Estimator
from slipway_runner.open_inference import Tensors
from slipway_runner.steps import Step

CHAT_METHODS = ("chat_completions", "completions", "embeddings", "messages", "responses")


class LoadFailed(Exception):
    """`code` is the protocol's: import_failed, load_failed or memory_limit; the cause is the package's exception."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Model:
    """A model that is ready. `check`, if there is one, turns a JSON body into an input or raises BadInput before the call."""

    def __init__(self, methods: "dict[str, Step]", preprocess: "Step | None" = None, postprocess: "Step | None" = None,
                 batch: bool = False, check=None) -> None:
        self.methods = methods
        self.predict = methods.get("predict")
        self.preprocess = preprocess
        self.postprocess = postprocess
        self.batch = batch
        self.check = check
        self.tensors: "Tensors | None" = None         # what it declares of tensors; without, Open Inference does not reach it
        self.columns: "list[str] | None" = None       # names of the columns that an estimator was trained with
        self.load: "Step | None" = None
        self.module: "types.ModuleType | None" = None   # what code was imported from the package, and the object that holds what it loaded
        self.instance = None
        self.program = None                           # a command.Program: then bodies are passed on as they are
        self.max_batch = 1
        self.concurrency = 1

    @property
    def is_async(self) -> bool:
        steps = [*self.methods.values(), self.preprocess, self.postprocess, self.load]
        return any(step is not None and step.is_async for step in steps)

    @property
    def streams(self) -> bool:
        return self.predict is not None and self.predict.streams


def import_model(spec: dict) -> Model:
    """Everything up to, but without, `load`. Raises LoadFailed from the package's exception."""
    about = spec["model"]
    package = os.path.abspath(spec["package"])
    kind = about["kind"]
    if kind == "estimator":
        estimator = _guard("load_failed", Estimator, os.path.join(package, about["module"]))
        model = Model({"predict": Step(estimator.predict)}, batch=True, check=estimator.check)
        model.columns = estimator.columns
    elif kind == "file":
        model = _file_model(package, about)
    elif kind == "truss":
        model = _truss_model(package, about, spec.get("context") or {})
    elif kind == "command":
        from slipway_runner.command import Program   # here: no other replica needs HTTP
        program = Program(about["command"], about.get("http") or {}, package, spec.get("health"))
        model = Model({"predict": Step(program.predict)})
        model.load, model.program = Step(program.load), program
    else:
        raise LoadFailed("load_failed", f"This runner does not know the kind of model '{kind}'.")
    config = about.get("config") or {}
    if kind != "command" and (config.get("model_type") == "tensors" or config.get("signature")):
        model.tensors = Tensors(config.get("signature"))
    model.max_batch = max(1, int(about.get("max_batch") or spec.get("max_batch") or 64))
    model.concurrency = max(1, int(about.get("predict_concurrency") or spec.get("predict_concurrency") or 1))
    return model


def last_line(exception: BaseException) -> str:
    """As the last line of a traceback."""
    text = logs.clean(str(exception)).strip()
    return f"{type(exception).__name__}: {text}" if text else type(exception).__name__


def guarded(code: str, exception: BaseException) -> LoadFailed:
    """What a failure of the package's own code means."""
    return LoadFailed("memory_limit" if isinstance(exception, MemoryError) else code, last_line(exception))


def _guard(code: str, function, *arguments):
    try:
        return function(*arguments)
    except BaseException as exception:   # also SystemExit: a package must not end the replica silently
        raise guarded(code, exception) from exception


def _file_model(package: str, about: dict) -> Model:
    path = os.path.join(package, about["module"])
    sys.path[:0] = [os.path.dirname(path)]
    module = _guard("import_failed", _import_file, path)
    predict = getattr(module, "predict", None)
    if not callable(predict):
        raise LoadFailed("import_failed", f"{about['module']} has no function 'predict'.")
    model = Model({"predict": Step(predict)}, batch=bool(about.get("batch")))
    load = getattr(module, "load", None)
    model.load = Step(load) if callable(load) else None
    model.module = module
    return model


def _truss_model(package: str, about: dict, context: dict) -> Model:
    config = about.get("config") or {}
    packages = os.path.join(package, config.get("bundled_packages_dir") or "packages")
    sys.path[:0] = [package, packages]
    sys.path.append(os.path.dirname(os.path.join(package, about["module"])))   # for modules that import their neighbours plainly
    module = _guard("import_failed", _import_module, package, about["module"])
    class_name = about.get("class") or "Model"
    model_class = getattr(module, class_name, None)
    if not callable(model_class):
        raise LoadFailed("import_failed", f"{about['module']} has no class '{class_name}'.")

    environment = context.get("environment")
    offered = {
        "config": config,
        "data_dir": pathlib.Path(package, config.get("data_dir") or "data"),
        "secrets": context.get("secrets") or {},
        "environment": {"name": environment} if environment else None,
        "lazy_data_resolver": None,
    }
    instance = _guard("load_failed", lambda: model_class(**_accepted(model_class, offered)))
    if callable(getattr(instance, "setup_environment", None)):
        _guard("load_failed", instance.setup_environment, offered["environment"])

    steps = methods_of(instance)
    model = Model(steps.methods, steps.preprocess, steps.postprocess, batch=bool(about.get("batch")) and "predict" in steps.methods)
    model.load, model.module, model.instance = steps.load, module, instance
    return model


class Methods:
    """The steps that an object of the package's class has."""

    def __init__(self, methods: "dict[str, Step]", load: "Step | None", preprocess: "Step | None", postprocess: "Step | None") -> None:
        self.methods, self.load, self.preprocess, self.postprocess = methods, load, preprocess, postprocess


def methods_of(instance) -> Methods:
    """Raises LoadFailed when there is nothing to call."""
    steps = {name: Step(getattr(instance, name)) for name in ("load", "preprocess", "postprocess", "predict", *CHAT_METHODS)
             if callable(getattr(instance, name, None))}
    methods = {name: step for name, step in steps.items() if name == "predict" or name in CHAT_METHODS}
    if not methods:
        raise LoadFailed("load_failed", f"The class '{type(instance).__name__}' has no method 'predict'.")
    return Methods(methods, steps.get("load"), steps.get("preprocess"), steps.get("postprocess"))


def _accepted(model_class, offered: dict) -> dict:
    """What the class takes of the arguments on offer."""
    parameters = inspect.signature(model_class).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return offered
    return {p.name: offered[p.name] for p in parameters if p.name in offered}


def _import_module(package: str, module: str):
    """`model/model.py` as the module `model.model`, so that it can import its neighbours relatively."""
    parts = os.path.splitext(module)[0].split("/")
    if all(part.isidentifier() for part in parts):
        importlib.invalidate_caches()
        for depth in range(1, len(parts)):
            folder = os.path.join(package, *parts[:depth])
            if not os.path.exists(os.path.join(folder, "__init__.py")):
                # a folder without __init__.py would lose against any module of its name further down the path
                parent = types.ModuleType(".".join(parts[:depth]))
                parent.__path__ = [folder]
                sys.modules[parent.__name__] = parent
        return importlib.import_module(".".join(parts))
    return _import_file(os.path.join(package, module))


def _import_file(path: str):
    name = os.path.splitext(os.path.basename(path))[0]
    if not name.isidentifier() or name in sys.modules:
        name = "slipway_package"
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module
