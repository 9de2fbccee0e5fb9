import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from "../../../proto/gen/grpc/health/v1/health_pb.js";
import { SignResponseSchema } from "../../../proto/gen/signer/v1/signer_pb.js";
import { DISK } from "../../../signer/audit/io.ts";
import { askAdminLine, type Caller, openSignerCaller, until } from "./caller.ts";
import { goodFrame, METHOD } from "./frames.ts";
import { frameRequest } from "./messages.ts";
import { startSignerRig } from "./rig.ts";

const SIGN = "/signer.v1.Signer/Sign";
const healthOf = (caller: Caller) =>
  caller.call(
    "/grpc.health.v1.Health/Check",
    toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema)),
    HealthCheckResponseSchema,
  );

test("a disk that was full and has room again: health returns though nobody asks, and watchers are told", async () => {
  let free = 1;
  const rig = await startSignerRig({ io: { ...DISK, free: () => free } });
  const caller = openSignerCaller(`unix:${rig.socket}`);
  const ask = () => caller.call(SIGN, frameRequest(goodFrame(), METHOD), SignResponseSchema);
  assert.equal((await ask()).result.case, "signature");
  free = -1;
  await until(async () => (await ask()).result.case === "refusal", "the refusal");
  assert.equal((await healthOf(caller)).status, 2);
  const status = JSON.parse(await askAdminLine(rig.admin, "status\n"));
  assert.deepEqual([status.audit_refusal, status.disk_seconds_left], ["audit_disk_reserve", 0]);
  free = 1;
  await until(async () => (await healthOf(caller)).status === 1, "health without a question");
  assert.equal((await ask()).result.case, "signature");
  caller.close();
  await rig.end();
});

test("a log that failed ends the process: only a start knows what is on the disk", async () => {
  let broken = false;
  const rig = await startSignerRig({
    io: {
      ...DISK,
      write(fd, bytes, length, position) {
        if (broken) throw Object.assign(new Error("EIO"), { code: "EIO" });
        DISK.write(fd, bytes, length, position);
      },
    },
  });
  const caller = openSignerCaller(`unix:${rig.socket}`);
  broken = true;
  const { result } = await caller.call(SIGN, frameRequest(goodFrame(), METHOD), SignResponseSchema);
  assert(result.case === "refusal");
  assert.equal(rig.logged().includes('"broken"'), false);
  await until(() => rig.logged().includes('"broken"'), "the end");
  caller.close();
  await rig.end();
});
