// mongoose, unmodified. URI is a document database's connection string.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mongoose from 'mongoose';

const { URI, DATABASE } = process.env;
const { Schema } = mongoose;

const personSchema = new Schema(
  { email: { type: String, unique: true, required: true, lowercase: true }, name: { first: String, last: String }, age: { type: Number, min: 0 } },
  { timestamps: true },
);
personSchema.virtual('fullName').get(function () {
  return `${this.name.first} ${this.name.last}`;
});
personSchema.index({ 'name.last': 1, age: -1 });

const postSchema = new Schema({
  title: String,
  author: { type: Schema.Types.ObjectId, ref: 'Person' },
  comments: [{ by: String, text: String, likes: { type: Number, default: 0 } }],
  tags: { type: [String], index: true },
  scores: { type: Map, of: Number },
  price: Schema.Types.Decimal128,
}, { optimisticConcurrency: true });
postSchema.pre('save', function () {
  if (this.isNew) this.tags.push('new');
});

const Person = mongoose.model('Person', personSchema);
const Post = mongoose.model('Post', postSchema);
const Shape = mongoose.model('Shape', new Schema({ name: String }, { discriminatorKey: 'kind' }));
const Circle = Shape.discriminator('Circle', new Schema({ radius: Number }));

before(async () => {
  await mongoose.connect(URI, { dbName: DATABASE });
  await Promise.all([Person.init(), Post.init(), Circle.init()]);
});
after(() => mongoose.disconnect());

test('a model is saved, found, changed and deleted', async () => {
  const ann = await Person.create({ email: 'ANN@example.com', name: { first: 'Ann', last: 'Lee' }, age: 30 });
  assert.equal(ann.email, 'ann@example.com');
  assert.equal(ann.fullName, 'Ann Lee');
  ann.age += 1;
  await ann.save();
  const again = await Person.findById(ann._id).lean();
  assert.equal(again.age, 31);
  assert.ok(again.updatedAt >= again.createdAt);
  const changed = await Person.findOneAndUpdate({ email: 'ann@example.com' }, { $inc: { age: 1 } }, { returnDocument: 'after' });
  assert.equal(changed.age, 32);
  assert.equal((await Person.deleteOne({ _id: ann._id })).deletedCount, 1);
});

test('a second person with the same address is refused', async () => {
  await Person.create({ email: 'bob@example.com', name: { first: 'Bob', last: 'Ray' } });
  await assert.rejects(Person.create({ email: 'bob@example.com' }), { code: 11000 });
  await assert.rejects(Person.create({ email: 'x@example.com', age: -1 }), mongoose.Error.ValidationError);
});

test('the schema\'s indexes are there', async () => {
  const names = (await Person.collection.indexes()).map((one) => one.name).sort();
  assert.deepEqual(names, ['_id_', 'email_1', 'name.last_1_age_-1']);
  assert.deepEqual(await Person.diffIndexes(), { toDrop: [], toCreate: [] });
  assert.deepEqual(await Post.syncIndexes(), []);
});

test('references are followed, subdocuments changed in place', async () => {
  const author = await Person.create({ email: 'cy@example.com', name: { first: 'Cy', last: 'Doe' } });
  const post = await Post.create({
    title: 'One', author, comments: [{ by: 'x', text: 'hm' }, { by: 'y', text: 'ah' }], scores: { a: 1.5 }, price: '9.90',
  });
  assert.deepEqual([...post.tags], ['new']);
  const found = await Post.findOne({ 'comments.by': 'y' }).populate('author');
  assert.equal(found.author.fullName, 'Cy Doe');
  assert.equal(found.price.toString(), '9.90');
  assert.equal(found.scores.get('a'), 1.5);
  found.comments[1].likes = 5;
  found.comments.push({ by: 'z', text: 'oh' });
  found.comments.id(found.comments[0]._id).deleteOne();
  await found.save();
  await Post.updateOne({ _id: post._id, 'comments.by': 'z' }, { $inc: { 'comments.$.likes': 2 } });
  const now = await Post.findById(post._id).lean();
  assert.deepEqual(now.comments.map(({ by, likes }) => [by, likes]), [['y', 5], ['z', 2]]);
  const stale = await Post.findById(post._id);
  await Post.findById(post._id).then((other) => other.set('title', 'Two').save());
  await assert.rejects(stale.set('title', 'Three').save(), mongoose.Error.VersionError);
});

test('queries, aggregation and cursors', async () => {
  await Post.deleteMany({});
  await Post.insertMany(Array.from({ length: 300 }, (_, n) => ({ title: `post ${n}`, tags: [`t${n % 3}`] })));
  assert.equal(await Post.countDocuments({ tags: { $in: ['t1', 't2'] } }), 200);
  assert.deepEqual((await Post.distinct('tags')).sort(), ['t0', 't1', 't2']);
  const page = await Post.find({ title: /^post 1\d$/ }).sort({ title: -1 }).skip(1).limit(2).select('title -_id').lean();
  assert.deepEqual(page, [{ title: 'post 18' }, { title: 'post 17' }]);
  const groups = await Post.aggregate([{ $unwind: '$tags' }, { $sortByCount: '$tags' }]);
  assert.deepEqual(groups.map((one) => one.count), [100, 100, 100]);
  let seen = 0;
  for await (const one of Post.find().cursor({ batchSize: 70 })) seen += one.title.startsWith('post') ? 1 : 0;
  assert.equal(seen, 300);
  const done = await Post.bulkWrite([
    { updateMany: { filter: { tags: 't0' }, update: { $set: { title: 'zero' } } } },
    { deleteMany: { filter: { tags: 't1' } } },
  ]);
  assert.deepEqual([done.modifiedCount, done.deletedCount], [100, 100]);
  assert.ok(await Post.exists({ title: 'zero' }));
});

test('discriminators share a collection', async () => {
  await Circle.create({ name: 'wheel', radius: 3 });
  await Shape.create({ name: 'blob' });
  assert.equal(await Shape.countDocuments(), 2);
  const [only] = await Circle.find().lean();
  assert.deepEqual([only.kind, only.radius], ['Circle', 3]);
});

test('a session goes along', async () => {
  const session = await mongoose.startSession();
  await Person.create([{ email: 'dee@example.com' }], { session });
  assert.ok(await Person.findOne({ email: 'dee@example.com' }).session(session));
  await session.endSession();
});
