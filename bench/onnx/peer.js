// The peer of onnx-vs-node: Node's own HTTP server around onnxruntime-node, as its documentation would have it. Prints its address when it listens.
// Usage: node peer.js MODULES MODEL SHAPE   with SHAPE as 1,28,28: the dimensions of one row
const http = require("http");
const path = require("path");
const [modules, file, shape] = process.argv.slice(2);
const ort = require(path.join(modules, "onnxruntime-node"));
const row = shape.split(",").map(Number);

async function main() {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", async () => {
      const rows = JSON.parse(Buffer.concat(parts).toString());
      const data = Float32Array.from(rows.flat(Infinity));
      const { y } = await session.run({ x: new ort.Tensor("float32", data, [rows.length, ...row]) });
      const width = y.dims[1];
      const answer = [];
      for (let i = 0; i < y.dims[0]; i++) answer.push(Array.from(y.data.subarray(i * width, (i + 1) * width)));
      const body = JSON.stringify(answer);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
      response.end(body);
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
}

main();
