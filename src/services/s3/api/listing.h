#pragma once
// What the listings of objects and uploads have in common.
#include "services/s3/api/request.h"
#include "services/s3/api/xml.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {

/// Names as the request wants them: encoding-type=url or as they are.
class NameEncoding {
 public:
  /// InvalidArgument for other types than url.
  static ApiResult<NameEncoding> of(const S3Request& request);
  std::string operator()(std::string_view name) const;
  void announce(Xml& xml) const;

 private:
  bool url_ = false;
};

/// prefix, delimiter and max-keys (or max-uploads), at most 1,000 of them. InvalidArgument.
ApiResult<ListQuery> list_query(const S3Request& request, std::string_view limit_name);

void list_contents(Xml& xml, const Page<ListedObject>& page, const NameEncoding& encoded, const std::string& owner_id);
void list_common_prefixes(Xml& xml, const std::vector<std::string>& prefixes, const NameEncoding& encoded);
/// "<ChecksumAlgorithm>", "<ChecksumType>".
void list_checksum_kind(Xml& xml, const std::optional<Checksum>& checksum);
/// "<ChecksumCRC32>value" and the type.
void write_checksum(Xml& xml, const std::optional<Checksum>& checksum, bool with_type);

}  // namespace tickerlake::s3
