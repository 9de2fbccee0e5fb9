/** What a bare grpc-js server can do: a unary echo over TLS, a process of its own. `echo.ts CERTIFICATE KEY`; prints its port. */
import { readFileSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";

const [certificate = "", privateKey = ""] = process.argv.slice(2);
const same = (bytes: Buffer): Buffer => bytes;
const server = new Server();
server.addService(
  {
    Echo: {
      path: "/bench.Echo/Echo",
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  {
    Echo: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => answer(null, call.request),
  },
);
const credentials = ServerCredentials.createSsl(null, [
  { cert_chain: readFileSync(certificate), private_key: readFileSync(privateKey) },
]);
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`port ${port}\n`);
});
