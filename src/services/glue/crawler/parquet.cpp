#include "services/glue/crawler/parquet.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/thrift.h"
#include "services/glue/catalog/catalog.h"

namespace tickerlake::glue {
namespace {

using Type = ThriftReader::Type;

enum Physical { boolean = 0, int32 = 1, int64 = 2, int96 = 3, float32 = 4, float64 = 5, bytes = 6, fixed_bytes = 7 };
enum class Meaning { none, text, map, list, decimal, date, timestamp, integer };
enum Repetition { required = 0, optional = 1, repeated = 2 };

/// SchemaElement: a node of the schema, in depth-first order.
struct Element {
  std::string name;
  std::int64_t physical = -1;
  std::int64_t repetition = required;
  std::int64_t child_count = 0;
  Meaning meaning = Meaning::none;
  std::int64_t precision = 0;
  std::int64_t scale = 0;
  int bits = 0;  // of integer
  bool is_signed = true;
};

/// ConvertedType, the older form of the logical type.
void apply_converted_type(Element& element, std::int64_t type) {
  switch (type) {
    case 0:  // UTF8
    case 4:  // ENUM
    case 19:
      element.meaning = Meaning::text;
      return;  // JSON
    case 1:    // MAP
    case 2:
      element.meaning = Meaning::map;
      return;  // MAP_KEY_VALUE
    case 3:
      element.meaning = Meaning::list;
      return;  // LIST
    case 5:
      element.meaning = Meaning::decimal;
      return;  // DECIMAL
    case 6:
      element.meaning = Meaning::date;
      return;  // DATE
    case 9:    // TIMESTAMP_MILLIS
    case 10:
      element.meaning = Meaning::timestamp;
      return;  // TIMESTAMP_MICROS
    default:
      break;
  }
  if (type >= 11 && type <= 18) {  // UINT_8 … UINT_64, INT_8 … INT_64
    element.meaning = Meaning::integer;
    element.is_signed = type >= 15;
    element.bits = 8 << ((type - 11) % 4);
  }
}

/// LogicalType: a union, one field of it set. Runs after or before the converted type; it says the same or more.
void read_logical_type(ThriftReader& reader, Element& element) {
  reader.structure([&](std::int16_t id, Type type) {
    if (type != Type::structure) return reader.skip(type);
    switch (id) {
      case 1:
      case 4:
      case 12:
        element.meaning = Meaning::text;
        break;
      case 2:
        element.meaning = Meaning::map;
        break;
      case 3:
        element.meaning = Meaning::list;
        break;
      case 5:
        element.meaning = Meaning::decimal;
        break;
      case 6:
        element.meaning = Meaning::date;
        break;
      case 8:
        element.meaning = Meaning::timestamp;
        break;
      case 10:
        element.meaning = Meaning::integer;
        break;
      default:
        break;
    }
    reader.structure([&](std::int16_t inner, Type inner_type) {
      if (id == 5 && inner == 1) {
        element.scale = reader.integer();
      } else if (id == 5 && inner == 2) {
        element.precision = reader.integer();
      } else if (id == 10 && inner == 1) {
        element.bits = reader.byte();
      } else if (id == 10 && inner == 2) {
        element.is_signed = inner_type == Type::boolean_true;
      } else {
        reader.skip(inner_type);
      }
    });
  });
}

Element read_element(ThriftReader& reader) {
  Element element;
  reader.structure([&](std::int16_t id, Type type) {
    switch (id) {
      case 1:
        element.physical = reader.integer();
        break;
      case 3:
        element.repetition = reader.integer();
        break;
      case 4:
        element.name = reader.binary();
        break;
      case 5:
        element.child_count = reader.integer();
        break;
      case 6: {
        const auto converted = reader.integer();
        if (element.meaning == Meaning::none) apply_converted_type(element, converted);
        break;
      }
      case 7:
        element.scale = reader.integer();
        break;
      case 8:
        element.precision = reader.integer();
        break;
      case 10:
        read_logical_type(reader, element);
        break;
      default:
        reader.skip(type);
    }
  });
  return element;
}

std::string integer_type(const Element& element) {
  // An unsigned integer needs the next wider type; 64 bits stay bigint, as Glue has them.
  const int bits = element.is_signed ? element.bits : element.bits * 2;
  if (bits <= 8) return "tinyint";
  if (bits <= 16) return "smallint";
  return bits <= 32 ? "int" : "bigint";
}

HiveType primitive_type(const Element& element) {
  if (element.meaning == Meaning::decimal) {
    return {"decimal(" + std::to_string(element.precision) + "," + std::to_string(element.scale) + ")"};
  }
  if (element.meaning == Meaning::integer && element.bits > 0) return {integer_type(element)};
  switch (element.physical) {
    case boolean:
      return {"boolean"};
    case int32:
      return {element.meaning == Meaning::date ? "date" : "int"};
    case int64:
      return {element.meaning == Meaning::timestamp ? "timestamp" : "bigint"};
    case int96:
      return {"timestamp"};
    case float32:
      return {"float"};
    case float64:
      return {"double"};
    default:
      return {element.meaning == Meaning::text ? "string" : "binary"};
  }
}

/// Builds types from the flat list of elements.
class TypeBuilder {
 public:
  explicit TypeBuilder(const std::vector<Element>& elements) : elements_(elements) {}

  bool failed() const { return failed_; }
  const Element* take() {
    if (next_ >= elements_.size()) {
      failed_ = true;
      return nullptr;
    }
    return &elements_[next_++];
  }

  /// The type of the element taken last; repeated ones outside of LIST and MAP are arrays.
  HiveType type_of(const Element& element, int depth) {
    auto type = unrepeated_type(element, depth);
    if (element.repetition == repeated) return {"array", {std::move(type)}};
    return type;
  }

 private:
  HiveType unrepeated_type(const Element& element, int depth) {
    if (depth > max_type_depth) failed_ = true;
    if (failed_) return {};
    if (element.child_count == 0) return primitive_type(element);
    if (element.meaning == Meaning::list && element.child_count == 1) return list_type(depth);
    if (element.meaning == Meaning::map && element.child_count == 1) return map_type(depth);
    return struct_type(element, depth);
  }

  HiveType struct_type(const Element& element, int depth) {
    HiveType type{"struct"};
    for (std::int64_t i = 0; i < element.child_count && !failed_; ++i) {
      const auto* child = take();
      if (child == nullptr) break;
      type.field_names.push_back(fold_name(child->name));
      type.children.push_back(type_of(*child, depth + 1));
    }
    return type;
  }

  /// The three-level form, and the older ones with two levels (parquet-format's backward-compatibility rules).
  HiveType list_type(int depth) {
    const auto* middle = take();
    if (middle == nullptr) return {};
    const bool is_element = middle->child_count != 1 || middle->name == "array" || middle->name.ends_with("_tuple");
    if (middle->child_count == 0 || is_element) return {"array", {unrepeated_type(*middle, depth + 1)}};
    const auto* element = take();
    if (element == nullptr) return {};
    return {"array", {type_of(*element, depth + 2)}};
  }

  HiveType map_type(int depth) {
    const auto* pair = take();
    if (pair == nullptr || pair->child_count != 2) {
      failed_ = true;
      return {};
    }
    HiveType map{"map"};
    for (int i = 0; i < 2; ++i) {
      const auto* part = take();
      if (part == nullptr) return {};
      map.children.push_back(type_of(*part, depth + 2));
    }
    return map;
  }

  const std::vector<Element>& elements_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::corrupt, "Parquet footer: " + std::string(what));
}

}  // namespace

Result<std::int64_t> parquet_footer_length(ByteView last_eight, std::int64_t file_size) {
  if (last_eight.size() != 8) return corrupt("the file is too short");
  if (as_text(last_eight.subspan(4)) != "PAR1") return corrupt("the file does not end with PAR1");
  std::uint32_t length;
  std::memcpy(&length, last_eight.data(), sizeof length);  // little-endian, as every machine this runs on
  if (length > max_parquet_footer || static_cast<std::int64_t>(length) + 12 > file_size) {
    return corrupt("a length of " + std::to_string(length) + " in a file of " + std::to_string(file_size));
  }
  return length;
}

Result<FileSchema> read_parquet_footer(ByteView footer) {
  ThriftReader reader(footer);
  std::vector<Element> elements;
  FileSchema schema;
  schema.format = FileFormat::parquet;
  reader.structure([&](std::int16_t id, Type type) {
    if (id == 2 && type == Type::list) {
      const auto list = reader.list();
      for (std::size_t i = 0; i < list.size && !reader.failed() && elements.size() < max_parquet_elements; ++i) {
        elements.push_back(read_element(reader));
      }
    } else if (id == 3) {
      schema.record_count = reader.integer();
    } else {
      reader.skip(type);
    }
  });
  if (reader.failed()) return corrupt("broken Thrift");
  TypeBuilder builder(elements);
  const auto* root = builder.take();
  if (root == nullptr || schema.record_count < 0) return corrupt("no schema");
  for (std::int64_t i = 0; i < root->child_count && !builder.failed(); ++i) {
    const auto* column = builder.take();
    if (column == nullptr) break;
    schema.columns.push_back({fold_name(column->name), builder.type_of(*column, 0)});
  }
  if (builder.failed()) return corrupt("a schema that ends early or nests too deep");
  return schema;
}

}  // namespace tickerlake::glue
