"""Asks the signer for a signature and verifies it; shares nothing with the project but the .proto file.

usage: client.py PROTO_DIR SOCKET METHOD FRAME_HEX [CA_PEM CERT_PEM KEY_PEM]
SOCKET is a path, or HOST:PORT with the three PEM files. Prints one JSON line.
"""

import hashlib
import importlib
import json
import pathlib
import sys
import tempfile

import coincurve
import grpc
from grpc_tools import protoc


def load(proto_dir):
    out = tempfile.mkdtemp()
    code = protoc.main(
        ["protoc", f"-I{proto_dir}", f"--python_out={out}", f"--grpc_python_out={out}", "signer/v1/signer.proto"]
    )
    if code != 0:
        raise SystemExit("protoc failed")
    sys.path.insert(0, out)
    return importlib.import_module("signer.v1.signer_pb2"), importlib.import_module("signer.v1.signer_pb2_grpc")


def channel_to(place, tls):
    if not tls:
        return grpc.insecure_channel(f"unix:{place}")
    authority, certificate, key = (pathlib.Path(path).read_bytes() for path in tls)
    credentials = grpc.ssl_channel_credentials(authority, key, certificate)
    return grpc.secure_channel(place, credentials, [("grpc.ssl_target_name_override", "signer")])


def main():
    proto_dir, place, method, frame_hex, *tls = sys.argv[1:]
    pb, rpc = load(proto_dir)
    frame = bytes.fromhex(frame_hex)
    with channel_to(place, tls) as channel:
        signer = rpc.SignerStub(channel)
        identity = signer.GetIdentity(pb.GetIdentityRequest(), timeout=10)
        request = pb.SignRequest(frame=frame, method=method, direction=pb.RESPONSE)
        answer = signer.Sign(request, timeout=10)
        key = coincurve.PublicKey(identity.node_id)
        batch = pb.SignBatch(items=[pb.SignItem(id=2**64 - 1, request=request), pb.SignItem(request=request)])
        streamed = next(iter(signer.SignStream(iter([batch]), timeout=10)))
        verified = [key.verify(answer.signature, hashlib.sha256(frame).digest(), hasher=None)]
        verified += [key.verify(one.signature, hashlib.sha256(frame).digest(), hasher=None) for one in streamed.results]
        refused = signer.Sign(pb.SignRequest(frame=frame + b"x", method=method, direction=pb.RESPONSE), timeout=10)
    print(
        json.dumps(
            {
                "node_id": identity.node_id.hex(),
                "network": identity.network,
                "signature": answer.signature.hex(),
                "ids": [str(one.id) for one in streamed.results],
                "verified": verified,
                "rule": refused.refusal.rule,
            }
        )
    )


main()
