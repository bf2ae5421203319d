// The scenario of ../lib.sh with kafkajs. It comes with gzip alone; the other codecs are plugged in as its documentation
// says. Its consumer is always a member of a group.
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const [folderOfModules, address, folder] = process.argv.slice(2);
const fromCache = createRequire(path.join(folderOfModules, 'package.json'));
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } = fromCache('kafkajs');
const lz4 = fromCache('lz4js');

async function check(name, step, ...rest) {
  try {
    await step(...rest);
    console.log(`ok ${name}`);
  } catch (error) {
    console.error(error);
    console.log(`not ok ${name}: ${error.name} ${String(error.message).slice(0, 300)}`);
  }
}
function same(wanted, got) {
  if (JSON.stringify(wanted) !== JSON.stringify(got))
    throw new Error(`wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
}
async function failsWith(word, call) {
  try {
    await call();
  } catch (error) {
    const each = [...(error.errors || []), ...(error.groups || []).map(one => one.error)];
    const text = JSON.stringify([error.type, error.message, each.map(one => one.type), error.cause && error.cause.type]);
    if (!text.includes(word)) throw error;
    return;
  }
  throw new Error(`no error, wanted ${word}`);
}

const kafka = new Kafka({ clientId: 'interop', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 2 } });
const admin = kafka.admin();
const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy,
                 lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD };

async function plugInCodecs() {
  CompressionCodecs[CompressionTypes.Snappy] = fromCache('kafkajs-snappy');
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async encoder => Buffer.from(lz4.compress(encoder.buffer)),
    decompress: async buffer => Buffer.from(lz4.decompress(buffer)),
  });
  const zstd = await new Promise(done => fromCache('zstd-codec').ZstdCodec.run(done));
  const streaming = new zstd.Streaming();
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async encoder => Buffer.from(streaming.compress(encoder.buffer)),
    decompress: async buffer => Buffer.from(streaming.decompress(buffer)),
  });
}

const toBytes = text => (text === null ? null : Buffer.from(text, 'base64'));
const toText = data => (data === null || data === undefined ? null : Buffer.from(data).toString('base64'));

// Headers are an object here: several of one name are an array, and come back in the order of first names.
function toHeaders(pairs) {
  const headers = {};
  for (const [name, text] of pairs) {
    const value = toBytes(text);
    headers[name] = name in headers ? [].concat(headers[name], value) : value;
  }
  return headers;
}

async function produce(topic, codec, idempotent) {
  const producer = kafka.producer({ idempotent, maxInFlightRequests: idempotent ? 1 : null });
  await producer.connect();
  const messages = fs.readFileSync(`${folder}/theirs.jsonl`, 'utf8').trim().split('\n').map(line => {
    const one = JSON.parse(line);
    return { key: toBytes(one.key), value: toBytes(one.value), headers: toHeaders(one.headers), timestamp: String(one.ts),
             ...(one.key === null ? { partition: one.partition } : {}) };
  });
  await producer.send({ topic, messages, acks: -1, compression: codecs[codec] });
  await producer.disconnect();
}

// A member of a group; `owned` are its partitions now.
async function join(groupId, topic, eachMessage) {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 200, rebalanceTimeout: 5000, maxWaitTimeInMs: 100 });
  const member = { consumer, owned: [] };
  consumer.on(consumer.events.GROUP_JOIN, event => { member.owned = event.payload.memberAssignment[topic] || []; });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommitInterval: 200, eachMessage });
  return member;
}
async function until(what, wanted) {
  for (let i = 0; i < 400; ++i) {
    if (await wanted()) return;
    await new Promise(done => setTimeout(done, 25));
  }
  throw new Error(`for 10 s not yet: ${what}`);
}

async function consume(topic) {
  const lines = [];
  const ends = (await admin.fetchTopicOffsets(topic)).map(one => Number(one.high));
  const { consumer } = await join(`read-${topic}`, topic, async ({ partition, message }) => {
    const headers = Object.entries(message.headers).flatMap(
      ([name, value]) => [].concat(value).map(data => [name, toText(data)]));
    lines.push(JSON.stringify({ partition, ts: Number(message.timestamp), key: toText(message.key),
                                value: toText(message.value), headers }));
  });
  await until('all is read', () => lines.length >= ends.reduce((sum, end) => sum + end, 0));
  await consumer.disconnect();
  fs.writeFileSync(`${folder}/${topic}.read`, lines.map(line => line + '\n').join(''));
}

async function cluster() {
  const described = await admin.describeCluster();
  same([1], described.brokers.map(node => node.nodeId));
  same(1, described.controller);
  same(22, described.clusterId.length);
}

const partitionsOf = async topic =>
  (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length;

async function create() {
  const topic = (name, numPartitions, configEntries) => ({ topic: name, numPartitions, replicationFactor: 1, configEntries });
  same(true, await admin.createTopics({ topics: [...Object.keys(codecs).map(codec => topic(`theirs-${codec}`, 3)),
    topic('idempotent', 3), topic('doomed', 1), topic('grown', 3, [{ name: 'retention.ms', value: '3600000' }])] }));
  same(false, await admin.createTopics({ topics: [topic('grown', 3)] }));
  await failsWith('INVALID_CONFIG', () => admin.createTopics({ topics: [topic('odd', 1, [{ name: 'no.such', value: '1' }])] }));
  same(3, await partitionsOf('grown'));
}

async function times() {
  same('51', (await admin.fetchTopicOffsetsByTimestamp('times', 1600000050500))[0].offset);
  same('100', (await admin.fetchTopicOffsetsByTimestamp('times', 1700000000000))[0].offset);
  const [{ low, high }] = await admin.fetchTopicOffsets('times');
  same(['0', '100'], [low, high]);
}

async function setting(topic, name) {
  const { resources } = await admin.describeConfigs({ includeSynonyms: true,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] });
  return resources[0].configEntries.find(entry => entry.configName === name).configValue;
}

async function configs() {
  same('3600000', await setting('grown', 'retention.ms'));
  const alter = value => admin.alterConfigs({ validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 'grown', configEntries: [{ name: 'retention.ms', value }] }] });
  await failsWith('INVALID_CONFIG', () => alter('no number'));
  await alter('7200000');
  same('7200000', await setting('grown', 'retention.ms'));
}

async function grow() {
  await admin.createPartitions({ topicPartitions: [{ topic: 'grown', count: 5 }] });
  same(5, await partitionsOf('grown'));
  await failsWith('INVALID_PARTITIONS', () => admin.createPartitions({ topicPartitions: [{ topic: 'grown', count: 5 }] }));
}

async function deleteRecords() {
  await admin.deleteTopicRecords({ topic: 'times', partitions: [{ partition: 0, offset: '40' }] });
  same('40', (await admin.fetchTopicOffsets('times'))[0].low);
}

async function deleteTopic() {
  await admin.deleteTopics({ topics: ['doomed'] });
  same(false, (await admin.listTopics()).includes('doomed'));
  await failsWith('UNKNOWN_TOPIC_OR_PARTITION', () => admin.deleteTopics({ topics: ['doomed'] }));
}

// Two members share, one goes, the other has all; and the group as the admin client sees and changes it.
async function groups() {
  let read = 0;
  const members = [await join('js', 'ours-none', async () => { ++read; }), await join('js', 'ours-none', async () => { ++read; })];
  const counts = () => members.map(one => one.owned.length).sort().join(' ');
  await until('two share', () => counts() === '1 2');
  const [described] = (await admin.describeGroups(['js'])).groups;
  same(['Stable', 'RoundRobinAssigner', 2], [described.state, described.protocol, described.members.length]);
  await failsWith('NON_EMPTY_GROUP', () => admin.deleteGroups(['js']));
  await members.pop().consumer.disconnect();
  await until('one has all', () => counts() === '3');
  const ends = (await admin.fetchTopicOffsets('ours-none')).map(one => one.high).sort();
  const positions = async () =>
    (await admin.fetchOffsets({ groupId: 'js', topics: ['ours-none'] }))[0].partitions.map(one => one.offset).sort();
  await until('all is committed', async () => JSON.stringify(await positions()) === JSON.stringify(ends));
  await members.pop().consumer.disconnect();
  same(ends.reduce((sum, end) => sum + Number(end), 0), read);
  await admin.setOffsets({ groupId: 'js', topic: 'ours-none', partitions: [0, 1, 2].map(partition => ({ partition, offset: '3' })) });
  same(['3', '3', '3'], await positions());
  await admin.resetOffsets({ groupId: 'js', topic: 'ours-none', earliest: true });
  same(true, (await admin.listGroups()).groups.some(one => one.groupId === 'js'));
  await admin.deleteGroups(['js']);
  await failsWith('GROUP_ID_NOT_FOUND', () => admin.deleteGroups(['js']));
}

async function main() {
  await plugInCodecs();
  await admin.connect();
  await check('describe cluster', cluster);
  await check('create topics', create);
  for (const codec of Object.keys(codecs)) {
    await check(`produce ${codec}`, produce, `theirs-${codec}`, codec, false);
    await check(`consume ${codec}`, consume, `theirs-${codec}`);
    await check(`consume our ${codec}`, consume, `ours-${codec}`);
  }
  await check('produce idempotently', produce, 'idempotent', 'gzip', true);
  await check('offsets by time', times);
  await check('describe and alter settings', configs);
  await check('create partitions', grow);
  await check('delete records', deleteRecords);
  await check('delete a topic', deleteTopic);
  await check('a group', groups);
  await admin.disconnect();
}
main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
