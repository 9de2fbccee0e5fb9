import type { DescMessage } from "@bufbuild/protobuf";
import type * as GetCfg from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import type * as SwapFromLn from "../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import type * as SwapIntoLn from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { Service } from "../../proto/gen/btc_lsp_pb.js";

/** The messages of one gRPC path. */
interface Method {
  readonly request: DescMessage;
  readonly response: DescMessage;
}

export type ResponseMessage = GetCfg.Response | SwapIntoLn.Response | SwapFromLn.Response;
export type RequestMessage = GetCfg.Request | SwapIntoLn.Request | SwapFromLn.Request;

/** By gRPC path: all that the signer knows. The contract is the allow-list. */
export const SIGNED_METHODS: ReadonlyMap<string, Method> = new Map(
  Service.methods.map(({ name, input, output }) => [
    `/${Service.typeName}/${name}`,
    { request: input, response: output },
  ]),
);
