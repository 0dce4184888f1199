// The sink's JSON documents: declarations of schemas, and plans. What is read is written back the same.
#include "pipeline/sink/plan.h"
#include "pipeline/sink/schema.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  using namespace tickerlake::pipeline;
  const std::string_view text = as_text(fuzz::as_input(data, size));
  if (const auto plan = Plan::parse(text)) {
    const auto again = Plan::parse(plan->json());
    fuzz::require(again && *again == *plan, "a plan reads as it was written");
    fuzz::require(plan->same_content(*again), "and has the same content");
  }
  if (const auto schema = Schema::parse(text)) {
    const auto again = Schema::parse(schema->json());
    fuzz::require(again && again->json() == schema->json(), "a schema reads as it was written");
    for (const char* by : {"none", "year", "month", "day"}) (void)Partitioning::of(*schema, by);
    (void)Partitioning::of(*schema, schema->partition_by);
    for (const Field& field : schema->fields) {
      fuzz::require(FieldType::parse(field.type.text()) == field.type, "a type's text parses to itself");
    }
  }
  return 0;
}
