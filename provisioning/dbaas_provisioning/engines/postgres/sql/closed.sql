-- Nobody enters a cluster but its databases' own logins. Once per cluster; safe to repeat.
revoke all on database template1 from public;
revoke all on database postgres from public;
