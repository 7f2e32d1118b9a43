"""Greets in Norwegian, and only those who have a name."""


def predict(inputs):
    if not inputs["name"].strip():
        raise ValueError("There is no name to greet.")
    return {"greeting": f"Hei, {inputs['name']}!"}
