"""MLflow's scoring bodies, for estimators: `dataframe_split`, `dataframe_records`, `instances`, `inputs`; answered `{"predictions": …}`."""

from slipway_runner.answers import Answer, BadInput, to_json

KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")


class Predictions:
    """How such a request is answered."""

    @staticmethod
    def of(value) -> Answer:
        value = value.tolist() if hasattr(value, "tolist") else value
        return Answer(to_json({"predictions": value}), "application/json")


def is_scoring(body) -> bool:
    return isinstance(body, dict) and any(key in body for key in KEYS)


def rows_of(body: dict, names: "list[str] | None"):
    """What an estimator is asked: its rows, columns in its own order where it knows their names. Raises BadInput."""
    found = [key for key in KEYS if key in body]
    if len(found) != 1:
        raise BadInput(f"A scoring body has one of {', '.join(KEYS)}; there are {', '.join(found)}.")
    key, value = found[0], body[found[0]]
    if key == "dataframe_split":
        return _split(value, names)
    if key == "inputs" and isinstance(value, dict):
        return _columns(value, names)
    if key == "dataframe_records" or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return _records(value, names, key)
    return value


def _split(value, names):
    if not isinstance(value, dict) or not isinstance(value.get("data"), list) or any(not isinstance(row, list) for row in value["data"]):
        raise BadInput("dataframe_split has columns, a list of names, and data, a list of rows.")
    columns, data = value.get("columns"), value["data"]
    if columns is None:
        return data
    if not isinstance(columns, list) or any(len(row) != len(columns) for row in data):
        raise BadInput("Each row of dataframe_split has as many values as there are columns.")
    order = _order(columns, names)
    return data if order is None else [[row[at] for at in order] for row in data]


def _records(value, names, key):
    if not isinstance(value, list) or not value or any(not isinstance(row, dict) for row in value):
        raise BadInput(f"{key} is a list of objects, one for each row.")
    columns = list(value[0])
    order = _order(columns, names)
    columns = columns if order is None else [columns[at] for at in order]
    try:
        return [[row[name] for name in columns] for row in value]
    except KeyError as exception:
        raise BadInput(f"A row of {key} has no column {exception.args[0]}.") from exception


def _columns(value: dict, names):
    columns = list(value)
    lists = [value[name] if isinstance(value[name], list) else [value[name]] for name in columns]
    if not lists or any(len(column) != len(lists[0]) for column in lists):
        raise BadInput("The columns of inputs are lists of one length.")
    order = _order(columns, names)
    return [list(row) for row in zip(*(lists if order is None else [lists[at] for at in order]))]


def _order(columns: list, names) -> "list[int] | None":
    """Where each column that the estimator was trained with stands; None: as they come, because it knows no names or these are none of them."""
    if not names or not any(column in names for column in columns):
        return None
    missing = [name for name in names if name not in columns]
    if missing:
        raise BadInput(f"The column {missing[0]} is missing; the estimator was trained with {', '.join(map(str, names))}.")
    return [columns.index(name) for name in names]
