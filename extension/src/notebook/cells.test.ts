import assert from 'node:assert/strict';
import { test } from 'node:test';

import { frameCell, freeName, loads } from './cells.js';

const wanted = { tenant: 'acme', database: 'shop', text: 'select *\nfrom "t"' };

test('a plain name goes into the magic', () => {
  assert.equal(frameCell(wanted, 'df'), '%%dbaas acme/shop --to pandas >> df\nselect *\nfrom "t"');
});

test('a name that a magic would read otherwise goes into a string', () => {
  for (const database of ['my shop', "it's", '{print(1)}', '$HOME', '"; drop', 'a\\']) {
    const cell = frameCell({ ...wanted, database }, 'df');
    assert.ok(cell.startsWith('import dbaas\n'), cell);
    assert.ok(cell.includes(`.database(${JSON.stringify(database)})`), cell);
    assert.ok(cell.includes('.query("select *\\nfrom \\"t\\"").to_pandas()'), cell);
  }
});

test('a name that no cell mentions', () => {
  assert.equal(freeName(['x = 1', 'dfx = 2']), 'df');
  assert.equal(freeName(['df = 1', 'df_2.head()']), 'df_3');
});

test('a cell that loads the magics', () => {
  assert.ok(loads(['import x\n%load_ext dbaas']));
  assert.ok(loads(['%reload_ext  dbaas']));
  assert.ok(!loads(['# %load_ext dbaas', '%load_ext dbaas_other_', '%load_ext sql']));
});
