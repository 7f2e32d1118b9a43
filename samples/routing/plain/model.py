"""Greets in English, whoever it is."""


def predict(inputs):
    return {"greeting": f"Hello, {inputs['name']}!"}
