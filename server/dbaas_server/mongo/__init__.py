"""MongoDB's wire protocol: the door that unmodified drivers, shells and mappers come through.

1. Bytes to a message, a message to a command, a command to the document engine, its answer to bytes: one way, and each
   step knows only the next. Documents that are not looked at pass through as bytes.
2. What cannot be parsed ends the connection, as a mongod's does; whatever can be parsed is answered, with an error if
   need be, and the connection goes on.
3. One command, one function, registered with what it needs (a login, a database, nothing); commands of a family share
   a file. A command that is not there gets MongoDB's ``CommandNotFound``.
4. A login says which tenant and which of its databases; nothing that a client sends names another tenant's.
5. Cursors and sessions belong to the process, not to a connection: one listener serves all tenants.

Protocol: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and the driver specifications
(https://github.com/mongodb/specifications).
"""
