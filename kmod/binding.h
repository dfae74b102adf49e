/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: processes that are bound to a policy by its name. */
#ifndef VIOMMU_GUARD_BINDING_H
#define VIOMMU_GUARD_BINDING_H

#include "guard.h"

struct guard_policy;
struct guard_set;

/** guard_bind_current() - the process and its descendants; "" unbinds. 0, -ENOMEM. May sleep. */
int guard_bind_current(const char *name);
/**
 * guard_binding_of_current() - the policy that the process is bound to, if the set has it.
 * @set: the present one. Under RCU.
 */
const struct guard_policy *guard_binding_of_current(const struct guard_set *set);
/** guard_binding_name() - into @name, "" if not bound. Under RCU. */
void guard_binding_name(char name[VIOMMU_GUARD_NAME_LEN]);
/** guard_bindings_reevaluate() - a set has come; frees nothing. May sleep. */
void guard_bindings_reevaluate(const struct guard_set *set);
void guard_binding_exit(void);

#endif
