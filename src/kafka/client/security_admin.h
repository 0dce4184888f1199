#pragma once
// Who may do what and use how much, as an administrator reads and changes it: access control entries, users' passwords,
// quotas. Errors: invalid_argument says what the broker does not accept; unsupported: a cluster without an authorizer.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kafka/client/cluster.h"
#include "kafka/sasl/scram.h"
#include "kafka/wire/acls.h"
#include "kafka/wire/quotas.h"
#include "kafka/wire/sasl.h"

namespace tickerlake::kafka {

Result<std::vector<AclShape>> list_acls(Cluster& cluster, const AclFilterShape& filter, const Patience& patience);
/// One that is there already is no error.
Result<void> add_acls(Cluster& cluster, std::vector<AclShape> acls, const Patience& patience);
/// What was removed.
Result<std::vector<AclShape>> remove_acls(Cluster& cluster, std::vector<AclFilterShape> filters,
                                          const Patience& patience);

struct UserCredential {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::sha_256;
  std::int32_t iterations = 0;
};

Result<std::vector<UserCredential>> list_users(Cluster& cluster, const Patience& patience);
/// Replaces what the user had for these mechanisms. The password itself is not sent.
Result<void> set_password(Cluster& cluster, const std::string& user, const std::vector<ScramMechanism>& mechanisms,
                          const std::string& password, std::int32_t iterations, const Patience& patience);
/// ErrorCode::not_found.
Result<void> remove_credentials(Cluster& cluster, const std::vector<UserCredential>& credentials,
                                const Patience& patience);

/// "user", "client-id" or "ip" to a name, or to nothing as the default.
using QuotaOwner = std::map<std::string, std::optional<std::string>>;
struct OwnedQuota {
  QuotaOwner owner;
  std::string key;
  double value = 0;
};

/// Those of owners that have at least these parts; without parts all.
Result<std::vector<OwnedQuota>> list_quotas(Cluster& cluster, const QuotaOwner& owner, const Patience& patience);
/// A key without a value is taken away.
Result<void> alter_quotas(Cluster& cluster, const QuotaOwner& owner,
                          const std::map<std::string, std::optional<double>>& values, const Patience& patience);

}  // namespace tickerlake::kafka
