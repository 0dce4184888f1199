// S3 through the AWS SDK for JavaScript v3. Ends with 0 when everything holds; each check throws otherwise.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand,
  ListObjectsV2Command, PutObjectCommand, S3Client, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const client = new S3Client({ forcePathStyle: true, endpoint: process.env.AWS_ENDPOINT_URL });
const Bucket = "node-" + randomBytes(6).toString("hex");
const read = async (Key, more = {}) => {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from(await answer.Body.transformToByteArray());
};

await client.send(new CreateBucketCommand({ Bucket }));

// A buffer, and each checksum the SDK can compute.
const body = randomBytes(300_000);
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
  await client.send(new PutObjectCommand({ Bucket, Key: "k é/" + ChecksumAlgorithm, Body: body, ChecksumAlgorithm,
                                           Metadata: { a: "1" } }));
  assert.deepEqual(await read("k é/" + ChecksumAlgorithm), body);
}
const head = await client.send(new HeadObjectCommand({ Bucket, Key: "k é/SHA256", ChecksumMode: "ENABLED" }));
assert.equal(head.ChecksumSHA256, createHash("sha256").update(body).digest("base64"));
assert.deepEqual(head.Metadata, { a: "1" });

// A stream: aws-chunked within chunked, with the checksum in the trailer, in tiny chunks.
const text = Array.from({ length: 500 }, (_, i) => `${i} `).join("");
const tiny = Readable.from((function* () { for (let i = 0; i < 500; ++i) yield Buffer.from(`${i} `); })());
await client.send(new PutObjectCommand({ Bucket, Key: "stream", Body: tiny, ContentLength: text.length }));
assert.equal((await read("stream")).toString(), text);

// lib-storage: an upload of unknown length in parts.
const big = randomBytes(23_000_000);
const through = new PassThrough();
const upload = new Upload({ client, params: { Bucket, Key: "big", Body: through }, queueSize: 4 });
const done = upload.done();
for (let at = 0; at < big.length; at += 1_000_003) through.write(big.subarray(at, at + 1_000_003));
through.end();
assert.match((await done).ETag, /-5"$/);
assert.deepEqual(await read("big"), big);
assert.deepEqual(await read("big", { Range: "bytes=5000000-5999999" }), big.subarray(5_000_000, 6_000_000));

await assert.rejects(client.send(new PutObjectCommand({ Bucket, Key: "big", Body: "x", IfNoneMatch: "*" })),
                     { name: "PreconditionFailed" });
await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: "none" })), { name: "NoSuchKey" });
await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURIComponent(`${Bucket}/k é/CRC32`) }));
assert.deepEqual(await read("copy"), body);

const top = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
assert.deepEqual(top.CommonPrefixes.map((each) => each.Prefix), ["k é/"]);
const keys = [];
for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
  keys.push(...page.Contents.map((each) => each.Key));
}
assert.equal(keys.length, 7);
await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
await client.send(new DeleteBucketCommand({ Bucket }));
