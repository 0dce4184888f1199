#pragma once
// Glue's JSON forms of the catalog's types, both ways. The same forms are stored in the catalog's file.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/result.h"
#include "services/glue/catalog/fields.h"
#include "services/glue/catalog/types.h"

namespace tickerlake::glue {

/// Readers of inputs; violations go to fields.error(). What only the catalog sets (CreateTime, VersionId) is not read.
Column column_from(const Fields& fields);
SerDeInfo serde_from(const Fields& fields);
StorageDescriptor storage_from(const Fields& fields);
Database database_from(const Fields& fields);    // DatabaseInput
Table table_from(const Fields& fields);          // TableInput
Partition partition_from(const Fields& fields);  // PartitionInput

boost::json::object to_json(const Column& column);
boost::json::object to_json(const StorageDescriptor& storage);
boost::json::object to_json(const Database& database);
boost::json::object to_json(const Table& table);
boost::json::object to_json(const Partition& partition);
boost::json::object to_json(const Parameters& parameters);
boost::json::array to_json(const std::vector<std::string>& texts);
boost::json::array to_json(const std::vector<Column>& columns);
/// Epoch seconds with milliseconds.
boost::json::value to_json_time(TimestampMs time);

/// Stored bodies: everything that to_json() wrote. corrupt for anything else.
Result<Database> stored_database(const boost::json::object& body);
Result<Table> stored_table(const boost::json::object& body);
Result<Partition> stored_partition(const boost::json::object& body);

}  // namespace tickerlake::glue
