"""The peer of sklearn-vs-fastapi: an asynchronous FastAPI handler around the same estimator, as FastAPI's documentation would have it. MODEL names the file."""

import os

import joblib
from fastapi import FastAPI, Request

model = joblib.load(os.environ["MODEL"])
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    row = await request.json()
    return model.predict([row]).tolist()
