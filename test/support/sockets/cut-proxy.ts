/**
 * A TCP proxy, as a program: it cuts the first connection whose answer has a text, and lets all others through. Its arguments
 * are the port of the server and the text; it prints its address.
 */
import { connect, createServer, type AddressInfo } from "node:net";

const [port, text = ""] = process.argv.slice(2);
let hasCut = false;

const server = createServer((downstream) => {
  const upstream = connect(Number(port), "127.0.0.1");
  downstream.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
  upstream.on("error", () => downstream.destroy()).on("close", () => downstream.destroy());
  downstream.pipe(upstream);
  upstream.on("data", (chunk: Buffer) => {
    downstream.write(chunk);
    if (hasCut || !chunk.includes(text)) return;
    hasCut = true;
    console.log("cut");
    downstream.destroy();
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
