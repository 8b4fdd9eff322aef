// The Node driver `mongodb`, unmodified. URI is a document database's connection string.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, test } from 'node:test';
import { Binary, Decimal128, GridFSBucket, Long, MongoClient, ObjectId, Timestamp } from 'mongodb';

const { URI, DATABASE } = process.env;
const client = new MongoClient(URI, { monitorCommands: true });
const db = client.db(DATABASE);
after(() => client.close());

let last = 0;
function fresh() {
  last += 1;
  return db.collection(`driver_${last}`);
}

async function refused(promise, code, codeName) {
  const error = await promise.then(
    () => assert.fail('it was let through'),
    (found) => found,
  );
  assert.equal(error.code, code, error.message);
  if (codeName) assert.equal(error.codeName, codeName);
  return error;
}

test('documents of every kind come back as they went', async () => {
  const items = fresh();
  const made = {
    _id: new ObjectId(), words: 'ünïcödé 🦆', none: null, yes: true, date: new Date(1700000000123), whole: 42, real: 0.1,
    long: Long.fromString('9007199254740993'), decimal: Decimal128.fromString('12.3400'), bytes: new Binary(randomBytes(9)),
    list: [1, [2, { deep: [] }], 'three'], nested: { a: { b: { c: {} } } }, pattern: /ab+c/i, time: new Timestamp({ t: 7, i: 9 }),
  };
  await items.insertOne(made);
  const found = await items.findOne({ _id: made._id }, { promoteLongs: false });
  assert.deepEqual(Object.keys(found), Object.keys(made));
  assert.equal(found.long.toString(), '9007199254740993');
  assert.equal(found.decimal.toString(), '12.3400');
  assert.deepEqual(Buffer.from(found.bytes.buffer), Buffer.from(made.bytes.buffer));
  assert.deepEqual((await items.findOne({ 'list.2': 'three' })).nested, made.nested);
  assert.equal((await items.findOne({ date: made.date })).pattern.source, 'ab+c');
});

test('create, read, update, replace and delete', async () => {
  const items = fresh();
  const { insertedCount, insertedIds } = await items.insertMany([{ n: 1 }, { n: 2 }, { n: 3, tags: ['a', 'b'] }]);
  assert.equal(insertedCount, 3);
  assert.ok(insertedIds[2] instanceof ObjectId);
  assert.deepEqual(await items.find({ n: { $gt: 1 } }, { projection: { _id: 0, n: 1 } }).sort({ n: -1 }).toArray(), [{ n: 3 }, { n: 2 }]);
  const changed = await items.updateMany({ n: { $lt: 3 } }, { $inc: { n: 10 }, $set: { seen: true } });
  assert.deepEqual([changed.matchedCount, changed.modifiedCount], [2, 2]);
  const upserted = await items.updateOne({ n: 99 }, { $setOnInsert: { made: 'now' } }, { upsert: true });
  assert.equal(upserted.upsertedCount, 1);
  assert.deepEqual(await items.findOne({ _id: upserted.upsertedId }), { _id: upserted.upsertedId, n: 99, made: 'now' });
  await items.replaceOne({ n: 99 }, { n: 100 });
  assert.equal((await items.findOne({ n: 100 })).made, undefined);
  await items.updateOne({ n: 3 }, { $push: { tags: { $each: ['c'], $position: 0 } } });
  await items.updateOne({ n: 3, tags: 'b' }, { $set: { 'tags.$': 'B' } });
  await items.updateOne({ n: 3 }, { $set: { 'tags.$[one]': 'A' } }, { arrayFilters: [{ one: 'a' }] });
  assert.deepEqual((await items.findOne({ n: 3 })).tags, ['c', 'A', 'B']);
  assert.equal(await items.countDocuments({ seen: true }), 2);
  assert.deepEqual((await items.distinct('n')).sort((a, b) => a - b), [3, 11, 12, 100]);
  assert.equal((await items.deleteOne({ n: 100 })).deletedCount, 1);
  assert.equal((await items.deleteMany({})).deletedCount, 3);
  assert.equal(await items.estimatedDocumentCount(), 0);
});

test('findOneAnd… give the document before or after', async () => {
  const items = fresh();
  await items.insertMany([{ _id: 1, n: 1 }, { _id: 2, n: 2 }]);
  assert.deepEqual(await items.findOneAndUpdate({ _id: 1 }, { $inc: { n: 5 } }), { _id: 1, n: 1 });
  assert.deepEqual(await items.findOneAndUpdate({ _id: 1 }, { $inc: { n: 5 } }, { returnDocument: 'after' }), { _id: 1, n: 11 });
  assert.deepEqual(await items.findOneAndReplace({}, { n: 0 }, { sort: { _id: -1 }, returnDocument: 'after' }), { _id: 2, n: 0 });
  assert.deepEqual(await items.findOneAndDelete({ _id: 2 }), { _id: 2, n: 0 });
  assert.equal(await items.findOneAndDelete({ _id: 2 }), null);
});

test('bulk writes, ordered and not, name what failed', async () => {
  const items = fresh();
  const steps = [
    { insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 2 } } },
    { updateOne: { filter: { _id: 9 }, update: { $set: { up: 1 } }, upsert: true } }, { deleteMany: { filter: { _id: 2 } } },
  ];
  const stopped = await refused(items.bulkWrite(steps), 11000);
  assert.equal(stopped.result.insertedCount, 1);
  await items.deleteMany({});
  const rest = await refused(items.bulkWrite(steps, { ordered: false }), 11000);
  assert.deepEqual(rest.writeErrors.map((one) => one.index), [1]);
  assert.deepEqual([rest.result.insertedCount, rest.result.upsertedCount, rest.result.deletedCount], [2, 1, 1]);
  const many = Array.from({ length: 20_000 }, (_, n) => ({ insertOne: { document: { n, text: 'x'.repeat(50) } } }));
  const done = await items.bulkWrite(many, { ordered: false });
  assert.equal(done.insertedCount, 20_000);
});

test('cursors come in batches, and end when they are closed', async () => {
  const items = fresh();
  await items.insertMany(Array.from({ length: 1000 }, (_, n) => ({ _id: n })));
  const commands = [];
  const listen = (event) => commands.push(event.commandName);
  client.on('commandStarted', listen);
  const seen = [];
  for await (const one of items.find().sort({ _id: 1 }).batchSize(300)) seen.push(one._id);
  assert.deepEqual(seen, Array.from({ length: 1000 }, (_, n) => n));
  assert.deepEqual(commands, ['find', 'getMore', 'getMore', 'getMore']);
  const cursor = items.find().batchSize(2);
  await cursor.next();
  await cursor.close();
  assert.equal(commands.at(-1), 'killCursors');
  client.off('commandStarted', listen);
  assert.equal((await items.find().skip(5).limit(7).toArray()).length, 7);
});

test('aggregation', async () => {
  const orders = fresh();
  const people = db.collection('driver_people');
  await people.insertMany([{ _id: 'ann', city: 'Rome' }, { _id: 'bob', city: 'Oslo' }]);
  await orders.insertMany(Array.from({ length: 100 }, (_, n) => ({ n, who: n % 2 ? 'ann' : 'bob', lines: [{ qty: n % 3 }, { qty: 1 }] })));
  const found = await orders.aggregate([
    { $match: { n: { $lt: 50 } } },
    { $unwind: '$lines' },
    { $group: { _id: '$who', qty: { $sum: '$lines.qty' }, first: { $min: '$n' } } },
    { $lookup: { from: people.collectionName, localField: '_id', foreignField: '_id', as: 'person' } },
    { $project: { qty: 1, first: 1, city: { $first: '$person.city' } } },
    { $sort: { _id: 1 } },
  ]).toArray();
  assert.deepEqual(found, [{ _id: 'ann', qty: 50, first: 1, city: 'Rome' }, { _id: 'bob', qty: 49, first: 0, city: 'Oslo' }]);
  const [facets] = await orders.aggregate([{ $facet: { all: [{ $count: 'n' }], top: [{ $sortByCount: '$who' }] } }]).toArray();
  assert.deepEqual(facets.all, [{ n: 100 }]);
  assert.equal(facets.top.length, 2);
  await refused(orders.aggregate([{ $nonsense: {} }]).toArray(), 40324);
});

test('indexes: made, listed, used, obeyed and dropped', async () => {
  const items = fresh();
  await items.insertMany(Array.from({ length: 500 }, (_, n) => ({ n, parity: n % 2, tags: [n % 5, n % 7] })));
  assert.equal(await items.createIndex({ n: 1 }, { unique: true }), 'n_1');
  await items.createIndexes([{ key: { parity: 1, n: -1 }, name: 'both' }, { key: { tags: 1 }, sparse: true }]);
  assert.deepEqual((await items.indexes()).map((one) => one.name).sort(), ['_id_', 'both', 'n_1', 'tags_1']);
  const { executionStats, queryPlanner } = await items.find({ n: { $gte: 10, $lt: 15 } }).explain('executionStats');
  assert.equal(executionStats.nReturned, 5);
  assert.ok(executionStats.totalDocsExamined <= 6, JSON.stringify(executionStats));
  assert.match(JSON.stringify(queryPlanner.winningPlan), /IXSCAN/);
  assert.equal((await items.find({ parity: 1 }).hint('both').sort({ n: -1 }).limit(1).toArray())[0].n, 499);
  const error = await refused(items.insertOne({ n: 7 }), 11000);
  assert.deepEqual(error.keyPattern, { n: 1 });
  assert.deepEqual(error.keyValue, { n: 7 });
  await refused(items.createIndex({ parity: 1 }, { unique: true }), 11000);
  await refused(items.createIndex({ n: -1 }, { name: 'both' }), 86, 'IndexKeySpecsConflict');
  await items.dropIndex('both');
  await refused(items.dropIndex('both'), 27, 'IndexNotFound');
  assert.equal(await items.indexExists('both'), false);
});

test('a large file in GridFS', async () => {
  const bucket = new GridFSBucket(db, { bucketName: 'driver_files' });
  const part = randomBytes(1 << 20);
  const sent = createHash('sha256');
  const upload = bucket.openUploadStream('large', { metadata: { kind: 'noise' } });
  async function* parts() {
    for (let n = 0; n < 20; n += 1) {
      part.writeUInt32LE(n);
      sent.update(part);
      yield Buffer.from(part);
    }
  }
  await pipeline(Readable.from(parts()), upload);
  const [file] = await bucket.find({ 'metadata.kind': 'noise' }).toArray();
  assert.equal(file.length, 20 << 20);
  const received = createHash('sha256');
  for await (const chunk of bucket.openDownloadStream(upload.id)) received.update(chunk);
  assert.equal(received.digest('hex'), sent.digest('hex'));
  const piece = [];
  for await (const chunk of bucket.openDownloadStreamByName('large', { start: 5, end: 1 << 20 })) piece.push(chunk);
  assert.equal(Buffer.concat(piece).length, (1 << 20) - 5);
  await bucket.delete(upload.id);
  assert.equal(await db.collection('driver_files.chunks').countDocuments(), 0);
});

test('sessions carry writes, and a transaction is refused in a way that is understood', async () => {
  const items = fresh();
  await client.withSession(async (session) => {
    await items.insertOne({ _id: 1 }, { session });
    assert.deepEqual(await items.find({}, { session }).toArray(), [{ _id: 1 }]);
    session.startTransaction();
    const error = await items.insertOne({ _id: 2 }, { session }).then(() => null, (found) => found);
    assert.equal((error?.originalError ?? error)?.code, 20, String(error));
    await session.abortTransaction().catch(() => {});
  });
  assert.equal(await items.countDocuments(), 1);
});

test('databases and collections are listed, renamed and dropped', async () => {
  const items = fresh();
  await items.insertOne({});
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map((one) => one.name);
  assert.ok(names.includes(items.collectionName));
  await items.rename('driver_renamed');
  assert.equal(await db.collection('driver_renamed').countDocuments(), 1);
  assert.equal(await db.dropCollection('driver_renamed'), true);
  assert.equal((await client.db('admin').command({ ping: 1 })).ok, 1);
  const { databases } = await client.db('admin').admin().listDatabases();
  assert.ok(databases.some((one) => one.name === DATABASE));
  await refused(db.command({ nonsense: 1 }), 59, 'CommandNotFound');
});

test('a validator refuses what does not fit', async () => {
  const items = await db.createCollection('driver_checked', {
    validator: { $jsonSchema: { required: ['name'], properties: { name: { bsonType: 'string' }, age: { minimum: 0 } } } },
  });
  await items.insertOne({ name: 'ann', age: 3 });
  const error = await refused(items.insertOne({ name: 'bob', age: -1 }), 121);
  assert.ok(error.errInfo.details);
  await refused(items.updateOne({}, { $set: { name: 7 } }), 121);
});

test('messages may be compressed', async () => {
  const compressed = new MongoClient(URI, { compressors: ['zlib'] });
  const items = compressed.db(DATABASE).collection('driver_compressed');
  await items.insertMany(Array.from({ length: 200 }, (_, n) => ({ n, text: 'again and again '.repeat(100) })));
  assert.equal((await items.find().toArray()).length, 200);
  await compressed.close();
});

test('a hundred things at once', async () => {
  const items = fresh();
  await Promise.all(Array.from({ length: 100 }, (_, n) => items.updateOne({ _id: 'one' }, { $inc: { n: 1 }, $push: { who: n } }, { upsert: true })));
  const one = await items.findOne({ _id: 'one' });
  assert.equal(one.n, 100);
  assert.equal(new Set(one.who).size, 100);
});
