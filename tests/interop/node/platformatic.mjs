// @platformatic/kafka against a broker: node platformatic.mjs HOST:PORT. Exit code 0 when everything holds.
import assert from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

const common = { clientId: 'interop', bootstrapBrokers: [process.argv[2]], strict: true };
const unique = (name) => `plat-${name}-${process.pid}-${Date.now()}`;
const admin = new Admin(common);
const numbered = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);

const producerOf = (options) => new Producer({ ...common, serializers: stringSerializers, autocreateTopics: false, ...options });
const consumerOf = (groupId) => new Consumer({
  ...common, groupId, deserializers: stringDeserializers, maxWaitTime: 100, sessionTimeout: 10000, heartbeatInterval: 300,
  rebalanceTimeout: 10000,
});
const start = (consumer, topic, isolationLevel = 1) =>
  consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, isolationLevel });

/** Values of that many records, sorted. */
async function values(topic, count) {
  const consumer = consumerOf(unique('reader'));
  const stream = await start(consumer, topic);
  const read = [];
  for await (const message of stream) {
    read.push(message.value);
    if (read.length === count) break;
  }
  await consumer.close(true);
  return read.sort();
}

async function until(what, holds) {
  const end = Date.now() + 60000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, what);
    await sleep(50);
  }
}

async function eachCodec() {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    if (compression === 'zstd' && Number(process.versions.node.split('.')[0]) < 22) continue;  // Node has it since 22.15
    const topic = unique(compression);
    await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 });
    for (const idempotent of [false, true]) {
      const producer = producerOf({ idempotent });
      const all = numbered(idempotent ? 'b' : 'a', 100);
      await producer.send({ acks: -1, compression, messages: all.map((value) => ({ topic, key: value, value, headers: { n: value } })) });
      await producer.close();
    }
    assert.deepStrictEqual(await values(topic, 200), [...numbered('a', 100), ...numbered('b', 100)]);
  }
}

/** Two members share four partitions; one goes on where both were. */
async function groups() {
  const [topic, groupId] = [unique('shared'), unique('group')];
  await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 });
  const producer = producerOf();
  const read = new Set();
  const join = async () => {
    const consumer = consumerOf(groupId);
    const stream = await start(consumer, topic);
    stream.on('data', (message) => { read.add(message.value); message.commit(); });
    stream.on('error', (error) => { throw error; });
    return consumer;
  };
  const owned = (consumer) => (consumer.assignments ?? []).reduce((sum, its) => sum + its.partitions.length, 0);
  const first = await join();
  const second = await join();
  await until('two members never shared the partitions', () => owned(first) === 2 && owned(second) === 2);
  await producer.send({ messages: numbered('v', 200).map((value) => ({ topic, key: value, value })) });
  await until('the two did not read everything', () => read.size === 200);
  const described = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
  assert.strictEqual(described.members.size, 2);
  await second.close(true);
  await until('the other did not take over', () => owned(first) === 4);
  await producer.send({ messages: numbered('w', 100).map((value) => ({ topic, key: value, value })) });
  await until('the one that stayed did not get the rest', () => read.size === 300);
  await first.close(true);
  await producer.close();
  assert.ok((await admin.listGroups()).has(groupId));
  await until('the group is not empty', async () => (await admin.describeGroups({ groups: [groupId] })).get(groupId).state === 'EMPTY');
  await admin.deleteGroups({ groups: [groupId] });
  assert.ok(!(await admin.listGroups()).has(groupId));
}

/** One is aborted: of several in one fetch by the same producer, version 1.35.0 hides only the last. */
async function transactions() {
  const topic = unique('transactions');
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
  const producer = producerOf({ idempotent: true, transactionalId: unique('id') });
  const expected = [];
  for (let round = 0; round < 6; ++round) {
    const transaction = await producer.beginTransaction();
    const all = numbered(`${round}-`, 20);
    await transaction.send({ messages: all.map((value) => ({ topic, value })) });
    if (round === 2) {
      await transaction.abort();
    } else {
      await transaction.commit();
      expected.push(...all);
    }
  }
  await producer.close();
  assert.deepStrictEqual(await values(topic, expected.length), expected);
}

async function administer() {
  const topic = unique('admin');
  await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 });
  await admin.incrementalAlterConfigs({
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'retention.ms', configOperation: 0, value: '60000' }] }],
  });
  await assert.rejects(admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 }));
  await admin.createPartitions({ topics: [{ name: topic, count: 5, assignments: Array(3).fill({ brokerIds: [1] }) }] });
  const metadata = await admin.metadata({ topics: [topic] });
  assert.strictEqual(metadata.topics.get(topic).partitionsCount, 5);
  assert.strictEqual(metadata.brokers.size, 1);
  const [described] = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: topic }] });
  assert.strictEqual(described.configs.find((config) => config.name === 'retention.ms').value, '60000');
  const producer = producerOf();
  // What is acknowledged by acks=1, this client's default, can be read once it is on disk: a moment later.
  await producer.send({ acks: -1, messages: numbered('v', 50).map((value) => ({ topic, partition: 0, value })) });
  await producer.close();
  const [offsets] = await admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }] });
  assert.strictEqual(offsets.partitions[0].offset, 50n);
  const [deleted] = await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 20n }] }] });
  assert.strictEqual(deleted.partitions[0].lowWatermark, 20n);
  const dirs = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] });
  assert.strictEqual(dirs.length, 1);
  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
}

for (const test of [eachCodec, groups, transactions, administer]) {
  const started = Date.now();
  await test();
  console.log(`${test.name}: ${Date.now() - started} ms`);
}
await admin.close();
console.log('all passed');
