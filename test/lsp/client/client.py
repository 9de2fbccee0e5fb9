"""Asks an LSP for its configuration and verifies the answer; shares nothing with the project but the .proto files.

usage: client.py PROTO_DIR HOST:PORT CA_PEM PRIVATE_KEY_HEX NODE_ID_HEX
Calls once as gRPC does by default, once with gzip switched on (grpcio leaves small messages at flag 0 then), and sends the
first request again. Prints one JSON line.
"""

import hashlib
import importlib
import json
import pathlib
import sys
import tempfile
import time

import coincurve
import grpc
from grpc_tools import protoc

METHOD = "/BtcLsp.Service/GetCfg"


def load(proto_dir, out):
    files = [str(path.relative_to(proto_dir)) for path in pathlib.Path(proto_dir).glob("btc_lsp/**/*.proto")]
    if protoc.main(["protoc", f"-I{proto_dir}", f"--python_out={out}", *files]) != 0:
        raise SystemExit("protoc failed")
    sys.path.insert(0, out)
    return importlib.import_module("btc_lsp.method.get_cfg_pb2")


def frame(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def same(message):
    return message


def call(channel, key, message, **options):
    """The answer's bytes and the signature in its trailer."""
    ask = channel.unary_unary(METHOD, request_serializer=same, response_deserializer=same)
    metadata = [("sig-bin", key.sign(frame(message)))]
    reply, info = ask.with_call(message, metadata=metadata, timeout=10, **options)
    [signature] = [value for name, value in info.trailing_metadata() if name == "sig-bin"]
    return reply, signature


def main():
    proto_dir, address, authority, secret, node_id = sys.argv[1:]
    with tempfile.TemporaryDirectory() as out:
        pb = load(proto_dir, out)
    key = coincurve.PrivateKey(bytes.fromhex(secret))
    pinned = coincurve.PublicKey(bytes.fromhex(node_id))

    def request():
        message = pb.Request()
        message.ctx.nonce.val = time.time_ns() // 1000
        message.ctx.ln_pub_key.val = key.public_key.format()
        return message.SerializeToString()

    credentials = grpc.ssl_channel_credentials(pathlib.Path(authority).read_bytes())
    first = request()
    with grpc.secure_channel(address, credentials) as channel:
        answers = [call(channel, key, first)]
        answers.append(call(channel, key, request(), compression=grpc.Compression.Gzip))
        answers.append(call(channel, key, first))
    replies = [pb.Response.FromString(reply) for reply, _ in answers]
    print(
        json.dumps(
            {
                "verified": [
                    pinned.verify(signature, hashlib.sha256(frame(reply)).digest(), hasher=None)
                    for reply, signature in answers
                ],
                "either": [reply.WhichOneof("either") for reply in replies],
                "node_ids": [reply.ctx.ln_pub_key.val.hex() for reply in replies],
                "least": replies[0].success.swap_into_ln_min_amt.val.val,
            }
        )
    )


main()
