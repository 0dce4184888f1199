// kafkajs against a broker: node kafka.mjs HOST:PORT. Exit code 0 when everything holds.
import assert from 'node:assert';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import SnappyCodec from 'kafkajs-snappy';

const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec;
const codecs = ['None', 'GZIP', 'Snappy'];
if (zlib.zstdCompressSync) {  // Node 22.15 and later
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder) => zlib.zstdCompressSync(encoder.buffer),
    decompress: async (buffer) => zlib.zstdDecompressSync(buffer),
  });
  codecs.push('ZSTD');
}

const kafka = new Kafka({ clientId: 'interop', brokers: [process.argv[2]], logLevel: logLevel.ERROR });
const unique = (name) => `kjs-${name}-${process.pid}-${Date.now()}`;

async function consume(topic, groupId, count) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10000 });
  const messages = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${messages.length} of ${count} messages`)), 30000);
    consumer.run({
      eachMessage: async ({ message }) => {
        messages.push(message);
        if (messages.length === count) { clearTimeout(timer); done(); }
      },
    }).catch(failed);
  });
  await consumer.stop();
  await consumer.disconnect();
  return messages;
}

async function eachCodec(admin) {
  for (const codec of codecs) {
    const topic = unique(codec);
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    for (const idempotent of [false, true]) {
      const producer = kafka.producer({ idempotent, maxInFlightRequests: 1 });
      await producer.connect();
      const messages = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, headers: { n: `${i}` } }));
      await producer.send({ topic, messages, acks: -1, compression: CompressionTypes[codec] });
      await producer.disconnect();
    }
    const messages = await consume(topic, unique('group'), 200);
    const values = messages.map((m) => `${m.key}=${m.value}`).sort();
    assert.deepStrictEqual(values, Array.from({ length: 200 }, (_, i) => `k${i >> 1}=v${i >> 1}`).sort());
    assert.strictEqual(messages[0].headers.n.toString(), messages[0].key.toString().slice(1));
  }
}

async function administer(admin) {
  const topic = unique('admin');
  const groupId = unique('admin-group');
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '60000' }] }] });
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.strictEqual(topics[0].partitions.length, 3);
  const configs = await admin.describeConfigs({ resources: [{ type: 2, name: topic }] });
  assert.strictEqual(configs.resources[0].configEntries.find((c) => c.configName === 'retention.ms').configValue, '60000');
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'x' }, { value: 'y' }] });
  await producer.disconnect();
  await consume(topic, groupId, 2);
  const offsets = await admin.fetchTopicOffsets(topic);
  assert.strictEqual(offsets.reduce((sum, o) => sum + Number(o.high), 0), 2);
  const { groups } = await admin.listGroups();
  assert.ok(groups.some((g) => g.groupId === groupId));
  const described = await admin.describeGroups([groupId]);
  assert.strictEqual(described.groups[0].state, 'Empty');
  await admin.deleteGroups([groupId]);
  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
  assert.strictEqual((await admin.describeCluster()).brokers.length, 1);
}

/** Transactions of version 1 of the protocol. kafkajs readers see committed records only, unless told otherwise. */
async function transact(admin) {
  const source = unique('txn-source');
  const target = unique('txn-target');
  const groupId = unique('txn-group');
  for (const topic of [source, target]) await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const producer = kafka.producer({ transactionalId: unique('id'), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const expected = [];
  for (let round = 0; round < 6; ++round) {
    const transaction = await producer.transaction();
    const values = Array.from({ length: 10 }, (_, i) => `${round}-${i}`);
    await transaction.send({ topic: target, messages: values.map((value) => ({ value })) });
    await transaction.sendOffsets({
      consumerGroupId: groupId, topics: [{ topic: source, partitions: [{ partition: 0, offset: `${round + 1}` }] }],
    });
    if (round % 2) {
      await transaction.abort();
    } else {
      await transaction.commit();
      expected.push(...values);
    }
  }
  await producer.disconnect();
  const messages = await consume(target, unique('group'), expected.length);
  assert.deepStrictEqual(messages.map((m) => `${m.value}`), expected);
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [source] });
  assert.strictEqual(offsets.partitions[0].offset, '5');
}

(async () => {
  const admin = kafka.admin();
  await admin.connect();
  await eachCodec(admin);
  await administer(admin);
  await transact(admin);
  await admin.disconnect();
  console.log('all passed');
})().catch((error) => { console.error(error); process.exit(1); });
