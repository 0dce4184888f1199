// kafkajs through TLS and SASL: node secured.mjs '{"brokers", "topic", "count", "ssl", "sasl"}'.
import assert from 'node:assert';
import kafkajs from 'kafkajs';

const { brokers, topic, count, ssl, sasl } = JSON.parse(process.argv[2]);
const kafka = new kafkajs.Kafka({ clientId: 'secured', brokers, ssl, sasl, logLevel: kafkajs.logLevel.ERROR });
const values = Array.from({ length: count }, (_, i) => `line ${i}`);

const producer = kafka.producer();
await producer.connect();
await producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) });
await producer.disconnect();

const consumer = kafka.consumer({ groupId: `g-${topic}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
const got = [];
await new Promise((done, failed) => {
  const timer = setTimeout(() => failed(new Error(`${got.length} of ${count} messages`)), 120000);
  consumer.run({
    eachMessage: async ({ message }) => {
      got.push(message.value.toString());
      if (got.length === count) { clearTimeout(timer); done(); }
    },
  }).catch(failed);
});
await consumer.disconnect();
assert.deepStrictEqual(got, values);
console.log('all passed');
