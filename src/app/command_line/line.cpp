// Flags that several commands have.
#include "app/command_line/line.h"

namespace tickerlake::app {

void add_output(CLI::App& command, OutputFormat& output) {
  const std::map<std::string, OutputFormat> output_formats{
      {"table", OutputFormat::table}, {"csv", OutputFormat::csv}, {"json", OutputFormat::json}};
  command.add_option("--output", output, "table, csv or json")
      ->transform(CLI::CheckedTransformer(output_formats, CLI::ignore_case))
      ->option_text("table|csv|json");
}

void add_data(CLI::App& command, io::Path& data, const char* what) {
  command.add_option("--data", data, what)->envname("TICKERLAKE_DATA")->option_text("DIR");
}

void add_kafka_settings(CLI::App& command, KafkaOptions& kafka) {
  command.add_option("--kafka-config", kafka.config, "a file of librdkafka's or of Java clients' properties")
      ->envname("TICKERLAKE_KAFKA_CONFIG")
      ->option_text("FILE");
  command.add_option("-X", kafka.properties, "a librdkafka property, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

void add_kafka(CLI::App& command, KafkaOptions& kafka) {
  command.add_option("--bootstrap", kafka.bootstrap, "Kafka's address; else the server of --data, else 127.0.0.1:9092")
      ->envname("TICKERLAKE_BOOTSTRAP")
      ->option_text("HOST:PORT");
  add_kafka_settings(command, kafka);
  add_data(command, kafka.data, "the folder of the server to use when nothing else is said");
}

void add_aws(CLI::App& command, AwsOptions& aws, bool s3) {
  command
      .add_option(
          "--services", aws.services,
          "whose S3, Glue and Athena: auto (the embedded ones, unless AWS variables name others), embedded, aws")
      ->envname("TICKERLAKE_SERVICES")
      ->check(CLI::IsMember({"auto", "embedded", "aws"}))
      ->option_text("auto|embedded|aws");
  if (!s3) return;
  command
      .add_option("--s3-endpoint", aws.s3_endpoint, "the S3 to use (default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)")
      ->option_text("URL");
  command.add_option("--s3-addressing", aws.s3_addressing, "where requests name the bucket (default: auto)")
      ->check(CLI::IsMember({"auto", "path", "virtual"}))
      ->option_text("auto|path|virtual");
}

}  // namespace tickerlake::app
